// What topics showed last, kept on this device for when a screen opens without a connection.

import type { Row } from "@paidan/realtime";
import { shallowRef } from "vue";

import { forgetAll, keep, recall } from "@/platform/storage";

const PREFIX = "last:";
const KEEP_AFTER_MS = 1_000; // changes come in threes
const KEPT_KINDS = new Set(["merchant", "order", "courier"]);

interface LastKnown {
  at: number;
  rows: readonly Row[];
}

// When what is shown was true, in milliseconds since 1970; null while it is as true as can be.
export const shownFrom = shallowRef<number | null>(null);

const timers = new Map<string, ReturnType<typeof setTimeout>>();
const unwritten = new Map<string, () => void>();

// Whoever leaves before it is written finds it the next time all the same.
// #ifdef H5
addEventListener("pagehide", () => {
  for (const write of unwritten.values()) write();
});
// #endif

// Rows of the topic as they were last seen here; null when they never were.
export function lastKnown(topic: string): readonly Row[] | null {
  const last = recall<LastKnown>(PREFIX + topic);
  if (last) shownFrom.value = last.at;
  return last?.rows ?? null;
}

// Keep the rows for the next time; a device without room for them shows nothing then.
export function keepLast(topic: string, rows: readonly Row[]): void {
  shownFrom.value = null;
  if (!KEPT_KINDS.has(topic.split(":")[0] ?? "")) return;
  clearTimeout(timers.get(topic));
  const write = () => {
    timers.delete(topic);
    unwritten.delete(topic);
    try {
      keep(PREFIX + topic, { at: Date.now(), rows });
    } catch {
      forgetAll(PREFIX);
    }
  };
  unwritten.set(topic, write);
  timers.set(topic, setTimeout(write, KEEP_AFTER_MS));
}

// The next person of this device sees nothing of the one before.
export function forgetLast(): void {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  unwritten.clear();
  shownFrom.value = null;
  forgetAll(PREFIX);
}
