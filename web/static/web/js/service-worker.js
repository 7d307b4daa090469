// Shows alerts that come while no page is open, and keeps the client for when the network is away.

// What the server says of its client: the build's name, and the files it is made of.
const { version, files } = self.CLIENT ?? { version: "", files: [] };
const SHELLS = "paidan-shell-";
const SHELL = SHELLS + version;
const ASSETS = "/static/app/";
const DOCUMENT = "/app/";
const ICONS = "/static/web/icons/";
// Addresses of notices lead to screens; what else there is has no screen.
const ELSEWHERE = /^\/(?:api|static|ws|admin)\//;
// What a device must know of its own subscription; pages write it too (device-push.ts).
const PUSH = "paidan-push";
const PUSH_STATE = "/push-state";
const PATIENCE_MS = 8_000;
const LOOK_MS = 2_000;

self.addEventListener("install", (event) => {
  if (version) event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll([DOCUMENT, ...files])));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOld().then(() => self.clients.claim()));
});

// Pages of the version before may still be open, and want their files.
async function forgetOld() {
  const shells = (await caches.keys()).filter((name) => name.startsWith(SHELLS) && name !== SHELL);
  const others = ["paidan-1", "paidan-courier"]; // of earlier versions
  await Promise.all([...shells.slice(0, -1), ...others].map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith(ASSETS)) event.respondWith(asset(request));
  else if (request.mode === "navigate" && !ELSEWHERE.test(pathname)) event.respondWith(page(request));
});

// Each file's name changes with its content: what is kept is true.
async function asset(request) {
  const found = await caches.match(request, { ignoreVary: true });
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) {
    const copy = answer.clone();
    caches.open(SHELL).then((cache) => cache.put(request, copy)).catch(() => {});
  }
  return answer;
}

// The newest document while the network is there; else the one that is kept shows any screen.
async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await (await caches.open(SHELL)).match(DOCUMENT, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("push", (event) => event.waitUntil(show(event.data)));

// Browsers demand that something is shown, whatever came.
async function show(data) {
  const state = await pushState();
  const notice = await whole(parsed(data), state?.token);
  const words = state?.words;
  await showNotice(notice, words).catch(() => showNotice({}, words));
}

async function showNotice(notice, words) {
  const hasWords = typeof notice.title === "string" && notice.title;
  await self.registration.showNotification(hasWords ? notice.title : (words?.title ?? "Paidan"), {
    body: hasWords ? notice.body : words?.body,
    tag: notice.tag ?? notice.id ?? "paidan",
    // In quiet hours it may be seen, not heard; what is repeated rings again only when it climbed.
    silent: Boolean(notice.silent),
    renotify: Boolean(notice.loud) && !notice.silent,
    requireInteraction: Boolean(notice.loud ?? notice.needs_act),
    icon: `${ICONS}192.png`,
    badge: `${ICONS}badge-96.png`,
    data: {
      id: notice.id,
      url: notice.url ?? "/",
      action: notice.action?.url,
      act: notice.act?.token,
      unsubscribe: notice.unsubscribe?.url,
      at: Date.now(),
    },
    actions: buttonsOf(notice),
  });
}

function parsed(data) {
  try {
    const notice = data.json();
    return typeof notice === "object" && notice ? notice : {};
  } catch {
    return {};
  }
}

// A push service that takes little was given the id alone; the inbox has the words.
async function whole(notice, token) {
  if (notice.title || !notice.id || !token) return notice;
  try {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch("/api/v1/inbox?unread=true", { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    const { items } = answer.ok ? await answer.json() : { items: [] };
    return { ...items.find((each) => each.id === notice.id), ...notice };
  } catch {
    return notice;
  }
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(answerClick(event.action, event.notification.data ?? {}));
});

function answerClick(pressed, { id, url = "/", action, act, unsubscribe }) {
  if (pressed === "unsubscribe") return end(unsubscribe);
  if (pressed === "acknowledge") return acknowledge(act, url, id);
  return open(pressed === "act" && action ? action : url, id);
}

function buttonsOf({ action, act, unsubscribe }) {
  return [
    ...(action ? [{ action: "act", title: action.title }] : []),
    ...(act ? [{ action: "acknowledge", title: act.label }] : []),
    ...(unsubscribe ? [{ action: "unsubscribe", title: unsubscribe.label }] : []),
  ];
}

function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return fetch(path, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    credentials: "omit",
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => null);
}

// The token speaks for its person, so no page and no log-in is needed; else the page can do it.
async function acknowledge(token, url, id) {
  const answer = await post("/api/v1/push/act", { token });
  if (!answer?.ok) await open(url, id);
}

// One request without a question (RFC 8058); a link that fails can still be opened by hand.
async function end(url) {
  const body = new URLSearchParams({ "List-Unsubscribe": "One-Click" });
  const answer = await fetch(url, { method: "POST", body, credentials: "omit" }).catch(() => null);
  if (!answer?.ok) await self.clients.openWindow(url);
}

// A page that shows the same thing comes to the front, else a new one opens; it tells the server
// that its person saw the notice.
async function open(url, id) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const wanted = new URL(url, self.location.origin);
  const screen = windows.length ? await screenOf(wanted) : wanted;
  const shown = windows.find((client) => shows(new URL(client.url), screen));
  if (shown) {
    if (id) shown.postMessage({ seen: id });
    return shown.focus();
  }
  if (id) wanted.searchParams.set("notice", id);
  return self.clients.openWindow(wanted.href);
}

// Addresses of notices lead to screens, and the server knows to which.
async function screenOf(wanted) {
  try {
    const answer = await fetch(wanted, { method: "HEAD", credentials: "omit", signal: AbortSignal.timeout(LOOK_MS) });
    return new URL(answer.url);
  } catch {
    return wanted;
  }
}

function shows(here, screen) {
  const isSame = (name) => here.searchParams.get(name) === screen.searchParams.get(name);
  return here.origin === screen.origin && here.pathname === screen.pathname && ["id", "shop"].every(isSame);
}

// A page knows which notices are open: what is not among them needs nobody any more. A push may
// be ahead of the page, so what came just now stays.
const AHEAD_MS = 30_000;

self.addEventListener("message", (event) => {
  if (event.data?.kind === "open_notices") event.waitUntil(closeEnded(new Set(event.data.ids)));
});

async function closeEnded(ids) {
  for (const shown of await self.registration.getNotifications()) {
    const { id, at, unsubscribe } = shown.data ?? {};
    if (id && !unsubscribe && !ids.has(id) && Date.now() - at > AHEAD_MS) shown.close();
  }
}

async function pushState() {
  try {
    return await (await (await caches.open(PUSH)).match(PUSH_STATE))?.json();
  } catch {
    return undefined;
  }
}

async function keepPushState(state) {
  const cache = await caches.open(PUSH);
  await cache.put(PUSH_STATE, new Response(JSON.stringify(state)));
}

// The browser gives the device another endpoint, maybe with no page open and nobody logged in:
// who knows the old endpoint's secret is the device.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(moveOn(event)));

async function moveOn({ oldSubscription, newSubscription }) {
  const kept = await pushState();
  const told = oldSubscription?.toJSON();
  const old = told ? { endpoint: told.endpoint, auth: told.keys.auth } : kept;
  if (!old?.endpoint) return;
  await keepPushState({ ...kept, ...old }); // should what follows fail, the next page goes on from here
  const { key } = await (await fetch("/api/v1/push/key", { signal: AbortSignal.timeout(PATIENCE_MS) })).json();
  if (!key && !newSubscription) return;
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const fresh = newSubscription ?? (await self.registration.pushManager.subscribe(options));
  const made = newSubscription ? keyOf(newSubscription) || (kept?.key ?? "") : key;
  const { endpoint, keys } = fresh.toJSON();
  const answer = await post("/api/v1/push/subscriptions/rotate", {
    old_endpoint: old.endpoint,
    old_auth: old.auth,
    endpoint,
    keys,
    application_server_key: made,
  });
  if (answer?.ok) await keepPushState({ ...kept, endpoint, auth: keys.auth, key: made });
}

function keyOf(subscription) {
  const raw = new Uint8Array(subscription.options?.applicationServerKey ?? []);
  return btoa(String.fromCharCode(...raw)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
