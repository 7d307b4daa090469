// What this device knows of its own push subscription: it is renewed without a question when our
// key or the browser's endpoint changed, and ends with the log-in.

const CACHE = "paidan-push";
const STATE = "/push-state";
const FORGOTTEN = 404;

function bytes(base64url) {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

// The public key that a subscription was made with, in base64url; empty when the browser hides it.
export function keyOf(subscription) {
  const raw = new Uint8Array(subscription.options?.applicationServerKey ?? []);
  return btoa(String.fromCharCode(...raw)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function subscribeWith(registration, key) {
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
}

// As the service worker reads it, to move to another endpoint and to have words without a page.
export async function keepState(state) {
  const cache = await caches.open(CACHE);
  await cache.put(STATE, new Response(JSON.stringify(state)));
}

async function keptState() {
  const cache = await caches.open(CACHE);
  return (await cache.match(STATE))?.json();
}

async function registrationHere() {
  return "serviceWorker" in navigator ? navigator.serviceWorker.getRegistration() : undefined;
}

// At each visit: nothing happens on a device that is not pushed to. Two pages take turns.
export async function keepSubscription(words) {
  if (!("PushManager" in globalThis) || Notification.permission !== "granted") return;
  await navigator.locks.request(CACHE, () => keep(words));
}

async function keep(words) {
  const registration = await registrationHere();
  const held = await registration?.pushManager.getSubscription();
  const kept = await keptState();
  const old = kept?.endpoint ? kept : held && { endpoint: held.endpoint, auth: held.toJSON().keys.auth };
  if (!registration || !old) return;
  const { key } = await answerOf(await fetch("/api/v1/push/key"));
  const made = (held && keyOf(held)) || kept?.key || "";
  await keepState({ ...old, key: made, words }); // should the page be closed now
  if (!key) return;
  const renews = !held || (made && made !== key);
  if (renews) await held?.unsubscribe();
  const fresh = renews ? await subscribeWith(registration, key) : held;
  const { endpoint, keys } = fresh.toJSON();
  const now = renews ? key : made;
  if (endpoint !== old.endpoint && !(await rotate(old, { endpoint, keys, application_server_key: now }))) {
    return forget(fresh);
  }
  await keepState({ endpoint, auth: keys.auth, key: now, words });
}

// Whether the server goes on pushing; a failure of the way rejects, and is tried again.
async function rotate(old, fresh) {
  const answer = await fetch("/api/v1/push/subscriptions/rotate", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ old_endpoint: old.endpoint, old_auth: old.auth, ...fresh }),
    credentials: "omit",
  });
  if (answer.status === FORGOTTEN) return false;
  await answerOf(answer);
  return true;
}

async function answerOf(answer) {
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

// The person ended it, here or elsewhere: this device is silent until they ask again.
async function forget(subscription) {
  await (await caches.open(CACHE)).delete(STATE);
  await subscription?.unsubscribe();
}

// Nothing more is pushed to this device: the server hears it from `post`, as the person who still
// is logged in, and the browser's end of it tells the push service, whichever comes through.
export async function endSubscription(post) {
  const registration = await registrationHere();
  const held = await registration?.pushManager?.getSubscription();
  if (!held) return;
  for (const shown of await registration.getNotifications()) shown.close();
  await Promise.allSettled([post("/api/v1/push/subscriptions/remove", { endpoint: held.endpoint }), forget(held)]);
}
