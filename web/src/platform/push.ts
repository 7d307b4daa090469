// Lets this device be reached while no page is open. Browsers only: a mini-program is reached by
// subscription messages, an app by its own service.

import { get } from "@/api/http";
import { theHub } from "@/live/hub";

const WORKER = "/sw.js";

export function canPush(): boolean {
  // #ifdef H5
  return "serviceWorker" in navigator && "PushManager" in globalThis && Notification.permission !== "denied";
  // #endif
  // #ifndef H5
  return false;
  // #endif
}

// Ask the person and the browser; rejects when either says no.
export async function subscribeToPush(): Promise<void> {
  const { key } = await get<{ key: string }>("/push/key");
  if (!key) throw new Error("push is not set up");
  const registration = await navigator.serviceWorker.register(WORKER);
  if ((await Notification.requestPermission()) !== "granted") throw new Error("denied");
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const { endpoint, keys } = subscription.toJSON();
  await theHub().command("push.subscribe", { endpoint, keys });
}

export async function leavePush(): Promise<void> {
  await (await own())?.unsubscribe();
}

// SHA-256 of this browser's push address, by which it knows itself in a list; empty when it has none.
export async function ownFingerprint(): Promise<string> {
  const subscription = await own();
  if (!subscription || !globalThis.crypto?.subtle) return "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function own(): Promise<PushSubscription | null> {
  if (!canPush()) return null;
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

function bytes(base64url: string): Uint8Array {
  const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
