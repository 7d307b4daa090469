// What is kept on this device. A pane of the demonstration keeps its own, beside the others.

const PANE = paneOf();

// Panes of one page share an origin, and yet each is another person's device.
function paneOf(): string {
  // #ifdef H5
  const named = new URL(globalThis.location.href).searchParams.get("pane");
  if (named) sessionStorage.setItem("pane", named);
  return sessionStorage.getItem("pane") ?? "";
  // #endif
  // #ifndef H5
  return "";
  // #endif
}

function keyOf(name: string): string {
  return PANE ? `paidan:${PANE}:${name}` : `paidan:${name}`;
}

// The value kept under `name`; null when there is none, or none that can be read.
export function recall<T>(name: string): T | null {
  const text: unknown = uni.getStorageSync(keyOf(name));
  if (typeof text !== "string" || text === "") return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}

export function keep(name: string, value: unknown): void {
  uni.setStorageSync(keyOf(name), JSON.stringify(value));
}

export function forget(name: string): void {
  uni.removeStorageSync(keyOf(name));
}
