// A pane of the demonstration tells the wall around it what happens inside.

import type { Json } from "@paidan/realtime";

import { PANE } from "./storage";

export interface Told extends Json {
  paidan: string; // what happened
  pane: string;
}

export function tellWall(what: string, value: Json = {}): void {
  // #ifdef H5
  const around = globalThis.parent;
  if (PANE && around !== globalThis.window) around.postMessage({ paidan: what, pane: PANE, ...value }, globalThis.location.origin);
  // #endif
}
