// A key that makes one deed of however many requests carry it.

export function newKey(): string {
  const made = globalThis.crypto?.randomUUID?.();
  return made ?? `${Date.now().toString(36)}-${part()}${part()}`;
}

function part(): string {
  return Math.random().toString(36).slice(2);
}
