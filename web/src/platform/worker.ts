// The service worker: it shows pushes, keeps the client for when the network is away, and tells of
// a newer version.

import { shallowRef } from "vue";

const WORKER = "/sw.js";
const LOOK_MS = 30 * 60_000;
const DOCUMENT = "/app/";

// Whether this page is of an older version than the server's.
export const isOutdated = shallowRef(false);

export async function registerWorker(): Promise<ServiceWorkerRegistration | null> {
  // #ifdef H5
  if (!("serviceWorker" in navigator)) return null;
  return navigator.serviceWorker.register(WORKER);
  // #endif
  // #ifndef H5
  return null;
  // #endif
}

// From now on; `onSeen` hears of notices that were opened from the device's own list.
export function followWorker(onSeen: (noticeId: string) => void): void {
  // #ifdef H5
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<{ seen?: string }>) => {
    if (data?.seen) onSeen(data.seen);
  });
  registerWorker()
    .then((registration) => {
      registration?.addEventListener("updatefound", () => void compare());
      setInterval(() => registration?.update().catch(() => {}), LOOK_MS);
    })
    .catch(() => {}); // without one, the client works, but not off line
  // #endif
}

// A worker is new with every build; this page may be, too.
async function compare(): Promise<void> {
  const own = document.querySelector<HTMLScriptElement>("script[type=module][src]");
  const answer = await fetch(DOCUMENT).catch(() => null);
  if (own && answer?.ok) isOutdated.value = !(await answer.text()).includes(new URL(own.src).pathname);
}

// The worker closes what is shown on the device of notices that need nobody any more.
export function tellOpenNotices(ids: readonly string[]): void {
  // #ifdef H5
  navigator.serviceWorker?.controller?.postMessage({ kind: "open_notices", ids });
  // #endif
}
