// Why a connection ended, and whether and when one may come back.

export const LOST = 1006; // no close frame: a tunnel, a dead laptop, a cut cable
export const FIRST_OWN_CODE = 4000; // lower ones are not our server's
export const OVERLOAD = 4029;
export const BAD_TICKET = 4500;

const FINAL = new Set([4500, 4501, 4503, 4504, 4505]);

// A client closed with such a code must not come back.
export function isFinal(code: number): boolean {
  return FINAL.has(code);
}

// What a close reason such as `{"retry_ms":8421}` or `retry_ms=8421` asks for, if it does.
export function retryMsOf(reason: string): number | null {
  const found = /retry_ms\D{0,4}(\d+)/.exec(reason);
  return found ? Number(found[1]) : null;
}
