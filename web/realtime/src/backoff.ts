// How long to wait before coming back: full jitter, so that a crowd does not return as one.

export interface Patience {
  leastMs: number;
  mostMs: number;
}

export const PATIENCE: Patience = { leastMs: 500, mostMs: 20_000 };

// Milliseconds to wait after so many failures in a row (1 is the first).
export function pauseMs(failures: number, random: number, patience: Patience = PATIENCE): number {
  const { leastMs, mostMs } = patience;
  const ceiling = Math.min(mostMs, leastMs * 2 ** (failures + 1));
  return leastMs + random * (ceiling - leastMs);
}
