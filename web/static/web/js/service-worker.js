// Shows alerts that come while no page is open, and a page of its own when the network is away.

const CACHE = "paidan-1";
const COURIER = "paidan-courier";
const OFFLINE = "/offline";
const LEAVING = new Set(["/login", "/logout"]);
const STYLES = ["tokens", "base", "parts", "overlays", "pages"];

self.addEventListener("install", (event) => {
  const styles = STYLES.map((name) => `/static/web/css/${name}.css`);
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([OFFLINE, ...styles])));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

// A courier's page keeps itself, so that it can be opened in a tunnel; with the log-in it goes.
self.addEventListener("fetch", (event) => {
  const isPage = event.request.mode === "navigate";
  const { pathname } = new URL(event.request.url);
  if (!isPage && !pathname.startsWith("/static/")) return;
  if (isPage && LEAVING.has(pathname)) event.waitUntil(caches.delete(COURIER));
  event.respondWith(fetch(event.request).catch(() => fromCache(event.request, isPage)));
});

async function fromCache(request, isPage) {
  const found = await caches.match(request, { ignoreVary: true });
  return found ?? (isPage ? caches.match(OFFLINE) : Response.error());
}

self.addEventListener("push", (event) => {
  const notice = event.data?.json() ?? {};
  event.waitUntil(
    self.registration.showNotification(notice.title ?? "Paidan", {
      body: notice.body,
      tag: notice.tag ?? notice.id,
      // In quiet hours it may be seen, not heard: a repeat must not ring either.
      silent: Boolean(notice.silent),
      renotify: Boolean(notice.tag ?? notice.id) && !notice.silent,
      requireInteraction: Boolean(notice.loud ?? notice.needs_act),
      icon: "/static/web/icon.svg",
      data: { id: notice.id, url: notice.url ?? "/", action: notice.action?.url, unsubscribe: notice.unsubscribe?.url },
      actions: buttonsOf(notice),
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  const { id, url, action, unsubscribe } = event.notification.data;
  event.notification.close();
  if (event.action === "unsubscribe") event.waitUntil(end(unsubscribe));
  else event.waitUntil(open(event.action === "act" && action ? action : url, id));
});

function buttonsOf({ action, unsubscribe }) {
  return [
    ...(action ? [{ action: "act", title: action.title }] : []),
    ...(unsubscribe ? [{ action: "unsubscribe", title: unsubscribe.label }] : []),
  ];
}

// One request without a question (RFC 8058); a link that fails can still be opened by hand.
async function end(url) {
  const body = new URLSearchParams({ "List-Unsubscribe": "One-Click" });
  const answer = await fetch(url, { method: "POST", body, credentials: "omit" }).catch(() => null);
  if (!answer?.ok) await self.clients.openWindow(url);
}

// The page that is shown tells the server that its person saw the notice.
async function open(url, id) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const wanted = new URL(url, self.location.origin);
  const shown = windows.find((client) => client.url === wanted.href);
  if (shown) {
    if (id) shown.postMessage({ seen: id });
    return shown.focus();
  }
  if (id) wanted.searchParams.set("notice", id);
  return self.clients.openWindow(wanted.href);
}
