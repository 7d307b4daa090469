// What a screen asks the API again and again while somebody looks at it.

import { onMounted, onUnmounted, ref, shallowRef } from "vue";
import type { Ref, ShallowRef } from "vue";

export interface Fresh<T> {
  value: ShallowRef<T | null>; // null: nothing came yet
  error: Ref<unknown>; // why the last asking failed; null when it did not
  refresh(): Promise<void>;
}

// Ask now and every `everyMs` milliseconds; of answers that overtake each other the last asked counts.
export function useFresh<T>(load: () => Promise<T>, everyMs: number): Fresh<T> {
  const value = shallowRef<T | null>(null);
  const error = ref<unknown>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isGone = false;
  let turn = 0;

  async function refresh(): Promise<void> {
    const mine = ++turn;
    try {
      const found = await load();
      if (mine !== turn) return;
      value.value = found;
      error.value = null;
    } catch (reason) {
      if (mine === turn) error.value = reason;
    }
  }

  async function keep(): Promise<void> {
    if (typeof document === "undefined" || !document.hidden) await refresh();
    if (!isGone) timer = setTimeout(keep, everyMs);
  }

  onMounted(keep);
  onUnmounted(() => {
    isGone = true;
    clearTimeout(timer);
  });
  return { value, error, refresh };
}
