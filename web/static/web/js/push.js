// Lets this device be reached while no page is open.

import { keepState, keyOf, subscribeWith } from "./push-device.js";
import { get, hub, pushWords } from "./shell.js";

export async function registerWorker() {
  if (!("serviceWorker" in navigator)) return null;
  return navigator.serviceWorker.register("/sw.js");
}

export function canPush() {
  return "PushManager" in globalThis && Notification.permission !== "denied";
}

// Ask the person and the browser; rejects when either says no.
export async function subscribeToPush() {
  const { key } = await get("/api/v1/push/key");
  if (!key) throw new Error("not set up");
  const registration = await registerWorker();
  if ((await Notification.requestPermission()) !== "granted") throw new Error("denied");
  const held = await registration.pushManager.getSubscription();
  if (held && keyOf(held) !== key) await held.unsubscribe();
  const subscription = await subscribeWith(registration, key);
  const { endpoint, keys } = subscription.toJSON();
  const answer = await hub.command("push.subscribe", { endpoint, keys, application_server_key: key });
  await keepState({ endpoint, auth: keys.auth, key, words: pushWords() }).catch(() => {}); // written at the next visit
  return answer;
}
