// What the machine tells of its network and its screen, where it tells anything.

export interface SignalHandlers {
  online(): void;
  offline(): void;
  shown(): void; // the page came back into sight, perhaps after a long sleep
}

export interface Signals {
  watch(handlers: SignalHandlers): () => void; // answers with the function that stops
  isOffline(): boolean;
}

export const noSignals: Signals = { watch: () => () => {}, isOffline: () => false };

interface Page extends EventTarget {
  document: EventTarget & { hidden: boolean };
  navigator: { onLine: boolean };
}

// A browser's signals; anything else gets none.
export function pageSignals(page = globalThis as unknown as Page): Signals {
  if (!page.document || !page.addEventListener) return noSignals;
  return {
    isOffline: () => page.navigator.onLine === false,
    watch({ online, offline, shown }) {
      const look = () => page.document.hidden || shown();
      page.addEventListener("online", online);
      page.addEventListener("offline", offline);
      page.document.addEventListener("visibilitychange", look);
      return () => {
        page.removeEventListener("online", online);
        page.removeEventListener("offline", offline);
        page.document.removeEventListener("visibilitychange", look);
      };
    },
  };
}
