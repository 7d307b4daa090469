// Lets this device be reached while no page is open. Browsers only: a mini-program is reached by
// subscription messages, an app by its own service.

import { authorisation, get } from "@/api/http";
import { theHub } from "@/live/hub";
import { useSession } from "@/session/session";
import { t } from "@/words";

import { endSubscription, endpointOf, keepState, keepSubscription, keyOf, subscribeWith } from "./device-push";
import type { Speaker } from "./device-push";
import { PANE } from "./storage";
import { registerWorker } from "./worker";

const LEAVE_MS = 3_000; // a server that is away keeps nobody in

export function canPush(): boolean {
  // #ifdef H5
  return "serviceWorker" in navigator && "PushManager" in globalThis && Notification.permission !== "denied";
  // #endif
  // #ifndef H5
  return false;
  // #endif
}

function speaker(): Speaker {
  const token = (authorisation()["Authorization"] ?? "").replace("Bearer ", "");
  const words = { title: t("brand"), body: t("shell.unread_push") };
  return { person: useSession().person?.id ?? "", token, words };
}

// Ask the person and the browser, by a press; rejects when either says no.
export async function subscribeToPush(): Promise<void> {
  const { key } = await get<{ key: string }>("/push/key");
  if (!key) throw new Error("push is not set up");
  const registration = await registerWorker();
  if (!registration || (await Notification.requestPermission()) !== "granted") throw new Error("denied");
  const held = await registration.pushManager.getSubscription();
  if (held && keyOf(held) !== key) await held.unsubscribe();
  const subscription = await subscribeWith(registration, key);
  const { endpoint, keys } = subscription.toJSON();
  await theHub().command("push.subscribe", { endpoint, keys, application_server_key: key });
  await keepState({ ...endpointOf(subscription), key, ...speaker() }).catch(() => {}); // written at the next visit
}

// At each visit of somebody who is logged in; what fails is tried again at the next.
export function renewPush(): void {
  // #ifdef H5
  if (!PANE) keepSubscription(speaker()).catch(() => {});
  // #endif
}

// Whoever logs out on a device is pushed to on it no more.
export async function leavePush(): Promise<void> {
  // #ifdef H5
  if (PANE) return; // one browser, many people
  const patience = new Promise((resolve) => setTimeout(resolve, LEAVE_MS));
  await Promise.race([endSubscription().catch(() => {}), patience]);
  // #endif
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
