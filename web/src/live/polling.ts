// What comes without a topic is asked for again and again while somebody may look at it.

import { onMounted, onUnmounted, ref } from "vue";
import type { Ref } from "vue";

import { Problem } from "@/api/problem";

export interface Polling {
  problem: Ref<Problem | null>; // why the last answer did not come
  refresh(): Promise<void>;
}

// Ask now and then every `everyMs`; a failure leaves what is shown, and is tried again.
export function usePolling(ask: () => Promise<void>, everyMs: number): Polling {
  const problem = ref<Problem | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isGone = false;

  async function refresh(): Promise<void> {
    try {
      await ask();
      problem.value = null;
    } catch (error) {
      problem.value = error instanceof Problem ? error : new Problem(0, {});
    }
  }

  async function go(): Promise<void> {
    if (typeof document === "undefined" || !document.hidden) await refresh();
    if (!isGone) timer = setTimeout(go, everyMs);
  }

  onMounted(go);
  onUnmounted(() => {
    isGone = true;
    clearTimeout(timer);
  });
  return { problem, refresh };
}
