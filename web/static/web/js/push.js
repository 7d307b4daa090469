// Lets this device be reached while no page is open.

import { get, hub } from "./shell.js";

function bytes(base64url) {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

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
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytes(key),
  });
  const { endpoint, keys } = subscription.toJSON();
  return hub.command("push.subscribe", { endpoint, keys });
}
