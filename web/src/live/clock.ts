// Business time for screens: one timer a device, however many countdowns watch it.

import { onUnmounted, ref } from "vue";
import type { Ref } from "vue";

import { theHub } from "./hub";

const STEP_MS = 250;

const now = ref(Date.now());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function step(): void {
  now.value = theHub().now();
}

// Business time in milliseconds since 1970, renewed four times a second while somebody watches.
export function useNow(): Ref<number> {
  watchers += 1;
  if (watchers === 1) {
    step();
    timer = setInterval(step, STEP_MS);
  }
  onUnmounted(() => {
    watchers -= 1;
    if (watchers === 0) clearInterval(timer);
  });
  return now;
}
