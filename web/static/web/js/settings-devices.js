// The devices that one is pushed to: this one is added, any is taken away, and all can be tried.

import { byId, h } from "./dom.js";
import { reasonOf } from "./notice-words.js";
import { ask, explain, toast } from "./overlays.js";
import { endSubscription } from "./push-device.js";
import { canPush, registerWorker, subscribeToPush } from "./push.js";
import { get, post } from "./shell.js";
import { momentOf, t, word } from "./words.js";

const PATIENCE_MS = 20_000;
const LOOK_MS = 700;
const WAITS = new Set(["pending", "leased", "retrying"]);

// The subscription of this very browser, if it has one.
async function ownSubscription() {
  const registration = "serviceWorker" in navigator ? await navigator.serviceWorker.getRegistration() : null;
  return (await registration?.pushManager?.getSubscription()) ?? null;
}

async function fingerprintOf(subscription) {
  if (!subscription || !crypto.subtle) return "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function showDevices() {
  const [{ items }, own] = await Promise.all([get("/api/v1/me/devices"), ownSubscription().then(fingerprintOf)]);
  draw(items, own);
}

function draw(items, own) {
  const rows = items.map((device) => row(device, device.fingerprint === own));
  byId("devices").replaceChildren(...(rows.length ? rows : [h("li", { class: "muted" }, t("settings.no_devices"))]));
  byId("add-device").hidden = !canPush() || items.some(({ fingerprint }) => fingerprint === own);
  byId("try").disabled = items.length === 0;
}

function row(device, isOwn) {
  const name = `${word("device_kinds", device.kind)} · ${device.service}`;
  const used = device.reached_at ? t("settings.reached", { at: momentOf(device.reached_at) }) : t("settings.never_reached", { at: momentOf(device.created_at) });
  return h(
    "li",
    { class: "spread wrap", "data-device": device.id },
    h("span", {}, name, " ", isOwn ? h("span", { class: "badge good" }, t("settings.this_device")) : "", h("br"), h("span", { class: "muted small" }, used)),
    h("button", { "data-deed": "forget", "aria-label": `${t("settings.forget")}: ${name}`, onclick: () => forget(device, isOwn, name) }, t("settings.forget")),
  );
}

async function forget(device, isOwn, name) {
  if (!(await ask({ title: t("settings.forget"), fields: h("p", {}, t("settings.forget_hint", { name })) }))) return;
  try {
    await post("/api/v1/me/devices/forget", { id: device.id });
    if (isOwn) await endSubscription(post);
    toast(t("settings.forgotten"));
  } catch (error) {
    explain(error);
  }
  await showDevices().catch(explain);
}

async function add() {
  try {
    await registerWorker();
    await subscribeToPush();
    await showDevices();
  } catch {
    toast(t("courier.push_refused"), "alert");
  }
}

// Send a test and say what became of it, as soon as that is known.
async function tryOut() {
  const said = byId("tried");
  byId("try").disabled = true;
  try {
    const { notice_id } = await post("/api/v1/me/devices/try");
    said.textContent = t("settings.trying");
    said.textContent = resultOf(await outcomeOf(notice_id));
  } catch (error) {
    said.textContent = "";
    explain(error);
  }
  await showDevices().catch(explain);
}

async function outcomeOf(id) {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const { deliveries } = await get(`/api/v1/notices/${id}`);
    const [delivery] = deliveries;
    if (!delivery || !WAITS.has(delivery.state) || Date.now() > giveUpAt) return delivery;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function resultOf(delivery) {
  if (delivery?.state === "sent" || delivery?.state === "confirmed") return t("settings.tried", { n: delivery.tries.filter(({ outcome }) => outcome === "sent").length });
  return t("settings.not_tried", { reason: reasonOf(delivery?.code) || word("delivery_states", delivery?.state) });
}

byId("try").addEventListener("click", tryOut);
byId("add-device").addEventListener("click", add);
