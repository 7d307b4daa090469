// Whether this device may ring: asked once by a press, then taken up by the first touch of each visit.

import { onMounted, onUnmounted, ref } from "vue";
import type { Ref } from "vue";

import { keep, recall } from "@/platform/storage";

import { ringer } from "./ringing";

const KEPT = "sound";

export interface Permission {
  isGiven: Ref<boolean>; // an alert would be heard now
  wasGiven: boolean; // on an earlier visit: any touch will do
  ask(): Promise<void>; // from a press of a button
}

export function usePermission(): Permission {
  const isGiven = ref(ringer.isEnabled);
  const wasGiven = recall<boolean>(KEPT) ?? false;

  function look(): void {
    isGiven.value = ringer.isEnabled;
  }

  async function ask(): Promise<void> {
    if (await ringer.enable()) keep(KEPT, true);
    look();
  }

  function touched(): void {
    if (!isGiven.value) void ask();
  }

  onMounted(() => {
    ringer.onChange = look;
    ringer.tryToEnable();
    // #ifdef H5
    if (!wasGiven) return;
    addEventListener("pointerdown", touched);
    addEventListener("keydown", touched);
    // #endif
  });
  onUnmounted(() => {
    ringer.onChange = () => {};
    // #ifdef H5
    removeEventListener("pointerdown", touched);
    removeEventListener("keydown", touched);
    // #endif
  });
  return { isGiven, wasGiven, ask };
}
