// What this device knows of its own push subscription: it is renewed without a question when our
// key or the browser's endpoint changed, and ends with the log-in.

import { get, post } from "@/api/http";
import { Problem } from "@/api/problem";

const CACHE = "paidan-push";
const STATE = "/push-state";
const FORGOTTEN = 404;

// What the service worker must know while no page is open.
export interface Speaker {
  person: string;
  token: string; // with which it asks for a notice's words
  words: { title: string; body: string }; // of a push that nobody can read
}

interface Kept extends Partial<Speaker> {
  endpoint?: string;
  auth?: string;
  key?: string;
}

interface Endpoint {
  endpoint: string;
  auth: string;
}

function bytes(base64url: string): Uint8Array {
  const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

// The public key that a subscription was made with, in base64url; empty when the browser hides it.
export function keyOf(subscription: PushSubscription): string {
  const raw = new Uint8Array(subscription.options?.applicationServerKey ?? new ArrayBuffer(0));
  return btoa(String.fromCharCode(...raw)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

export function subscribeWith(registration: ServiceWorkerRegistration, key: string): Promise<PushSubscription> {
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
}

export function endpointOf(subscription: PushSubscription): Endpoint {
  return { endpoint: subscription.endpoint, auth: subscription.toJSON().keys?.["auth"] ?? "" };
}

// As the service worker reads it, to move to another endpoint and to have words without a page.
export async function keepState(state: Kept): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.put(STATE, new Response(JSON.stringify(state)));
}

async function keptState(): Promise<Kept | undefined> {
  const cache = await caches.open(CACHE);
  return (await (await cache.match(STATE))?.json()) as Kept | undefined;
}

// At each visit: nothing happens on a device that is not pushed to. Two pages take turns.
export async function keepSubscription(speaker: Speaker): Promise<void> {
  if (!("PushManager" in globalThis) || Notification.permission !== "granted") return;
  await navigator.locks.request(CACHE, () => renew(speaker));
}

async function renew(speaker: Speaker): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration();
  const held = (await registration?.pushManager.getSubscription()) ?? null;
  const kept = await keptState();
  // Somebody else was here, and did not log out: their notices are nobody else's.
  if (kept?.person && kept.person !== speaker.person) return forget(held);
  const old = kept?.endpoint ? { endpoint: kept.endpoint, auth: kept.auth ?? "" } : held && endpointOf(held);
  if (!registration || !old) return;
  const { key } = await get<{ key: string }>("/push/key");
  const made = (held && keyOf(held)) || kept?.key || "";
  await keepState({ ...old, key: made, ...speaker }); // should the page be closed now
  if (!key) return;
  const isOutdated = !held || Boolean(made && made !== key);
  if (isOutdated) await held?.unsubscribe();
  const fresh = isOutdated ? await subscribeWith(registration, key) : held;
  const now = isOutdated ? key : made;
  if (fresh.endpoint !== old.endpoint && !(await rotate(old, fresh, now))) return forget(fresh);
  await keepState({ ...endpointOf(fresh), key: now, ...speaker });
}

// Whether the server goes on pushing; a failure of the way rejects, and is tried again.
async function rotate(old: Endpoint, fresh: PushSubscription, key: string): Promise<boolean> {
  const { endpoint, keys } = fresh.toJSON();
  try {
    await post("/push/subscriptions/rotate", { old_endpoint: old.endpoint, old_auth: old.auth, endpoint, keys, application_server_key: key });
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === FORGOTTEN) return false;
    throw error;
  }
}

// The person ended it, here or elsewhere: this device is silent until they ask again.
async function forget(subscription: PushSubscription | null): Promise<void> {
  await (await caches.open(CACHE)).delete(STATE);
  await subscription?.unsubscribe();
}

// Nothing more is pushed to this device: the server hears it from whoever still is logged in, and
// the browser's end of it tells the push service, whichever comes through.
export async function endSubscription(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const held = await registration?.pushManager?.getSubscription();
  if (!registration || !held) return;
  for (const shown of await registration.getNotifications()) shown.close();
  await Promise.allSettled([post("/push/subscriptions/remove", { endpoint: held.endpoint }), forget(held)]);
}
