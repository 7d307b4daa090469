// What is kept on this device. A pane of the demonstration keeps its own, beside the others.

export const PANE = paneOf();

// Panes of one page share an origin, and yet each is another person's device. The window keeps its pane's
// name over reloads; what storage has is shared by all panes.
function paneOf(): string {
  // #ifdef H5
  const named = new URL(globalThis.location.href).searchParams.get("pane");
  if (named) globalThis.window.name = `pane:${named}`;
  return /^pane:(.+)/.exec(globalThis.window.name)?.[1] ?? "";
  // #endif
  // #ifndef H5
  return "";
  // #endif
}

function keyOf(name: string, pane = PANE): string {
  return pane ? `paidan:${pane}:${name}` : `paidan:${name}`;
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

// What a pane finds when it opens.
export function keepFor(pane: string, name: string, value: unknown): void {
  uni.setStorageSync(keyOf(name, pane), JSON.stringify(value));
}

export function forget(name: string): void {
  uni.removeStorageSync(keyOf(name));
}

// Forget everything whose name begins with `beginning`.
export function forgetAll(beginning: string): void {
  for (const key of uni.getStorageInfoSync().keys) {
    if (key.startsWith(keyOf(beginning))) uni.removeStorageSync(key);
  }
}
