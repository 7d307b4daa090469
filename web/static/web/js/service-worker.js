// Shows alerts that come while no page is open, and a page of its own when the network is away.

const CACHE = "paidan-1";
const OFFLINE = "/offline";
const STYLES = ["tokens", "base", "parts", "overlays", "pages"];

self.addEventListener("install", (event) => {
  const styles = STYLES.map((name) => `/static/web/css/${name}.css`);
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([OFFLINE, ...styles])));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const isPage = event.request.mode === "navigate";
  const isStyle = new URL(event.request.url).pathname.startsWith("/static/web/css/");
  if (!isPage && !isStyle) return;
  event.respondWith(
    fetch(event.request).catch(() => caches.match(isPage ? OFFLINE : event.request)),
  );
});

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
      data: { url: notice.url ?? "/" },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

async function open(url) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const wanted = new URL(url, self.location.origin).href;
  const shown = windows.find((client) => client.url === wanted);
  return shown ? shown.focus() : self.clients.openWindow(wanted);
}
