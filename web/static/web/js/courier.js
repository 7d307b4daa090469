// A courier's page: on and off line, offers that ring, and the steps of every job.

import { jobCard } from "./courier-job.js";
import { Whereabouts } from "./courier-place.js";
import { after, onSteps } from "./courier-steps.js";
import { keepPage, keepRows, keptRows } from "./courier-waiting.js";
import { countdown } from "./countdown.js";
import { byId, h, keyed } from "./dom.js";
import { reportHealth } from "./health.js";
import { explain, toast } from "./overlays.js";
import { canPush, registerWorker, subscribeToPush } from "./push.js";
import { acknowledge, hub, me, notices, onNotices } from "./shell.js";
import { Ringer } from "./sound.js";
import { distance, money, t, timeOf, word } from "./words.js";

const HINT_CHECK_MS = 5_000;
const VEHICLES = ["scooter", "bicycle", "walk", "car"];
const ringer = new Ringer();
const whereabouts = new Whereabouts();
const quiet = new Set(); // offers this device has answered or silenced

let shift = null;
let rowsNow = null; // nothing was heard yet
let offers = [];
let fading = null;

function onRows(rows, cause) {
  if (cause !== "tick") keepRows(rows);
  rowsNow = rows;
  show(rows);
}

function show(rows) {
  const of = (kind) => rows.filter((row) => row.key.startsWith(`${kind}:`));
  shift = of("courier")[0]?.d ?? null;
  offers = of("offer").map((row) => row.d).filter((offer) => offer.open);
  showShift();
  showOffers();
  keyed(byId("jobs"), of("leg").filter((row) => row.d.open), {
    key: (row) => row.key,
    stamp: (row) => `${row.ver} ${after(row.d).version} ${after(row.d).waiting}`,
    build: (row) => jobCard(after(row.d)),
  });
  const jobs = of("leg").map((row) => row.d);
  whereabouts.show(jobs, Boolean(shift));
  showHint(jobs);
  sound();
}

function showShift() {
  const box = byId("shift");
  const stamp = `${shift?.state}${shift?.vehicle}${ringer.isEnabled}`;
  if (box.dataset.stamp === stamp) return;
  box.dataset.stamp = stamp;
  const vehicle = h("select", { id: "vehicle", "aria-label": t("courier.vehicle") }, VEHICLES.map((name) => h("option", { value: name }, word("vehicles", name))));
  box.replaceChildren(
    h("div", {}, h("h2", { id: "shift-state", "data-state": shift?.state ?? "offline" }, t(shift ? "courier.is_online" : "courier.is_offline")), h("p", { class: "muted" }, shift ? word("vehicles", shift.vehicle) : t("courier.offline_hint"))),
    shift
      ? h("button", { id: "go-offline", onclick: goOffline }, t("courier.go_offline"))
      : h("button", { id: "go-online", class: "main", onclick: () => goOnline(vehicle.value) }, t("courier.go_online")),
    shift ? "" : vehicle,
    shift && !ringer.isEnabled ? h("button", { onclick: enableSound }, t("board.sound_enable")) : "",
    canPush() && globalThis.Notification?.permission !== "granted" ? h("button", { class: "plain", onclick: enablePush }, t("courier.enable_push")) : "",
  );
}

// Where orders are expected, while there is nothing to do: a hint, and for a while only.
function showHint(jobs) {
  const hint = shift?.wait_at;
  const left = hint ? Date.parse(hint.until) - hub.now() : 0;
  const counts = left > 0 && !offers.length && !jobs.some((job) => job.open);
  const box = byId("hint");
  box.hidden = !counts;
  clearTimeout(fading);
  if (!counts) return;
  box.textContent = t("courier.hint", { name: hint.name, time: timeOf(hint.until) });
  fading = setTimeout(() => showHint(jobs), HINT_CHECK_MS);
}

async function goOnline(vehicle) {
  await ringer.enable();
  const place = await whereabouts.find();
  if (!place) return toast(t("courier.no_place"), "alert");
  await hub.command("courier.go_online", { latitude: place.latitude, longitude: place.longitude, vehicle }).catch(explain);
}

async function goOffline() {
  await hub.command("courier.go_offline", {}).catch(explain);
}

async function enableSound() {
  await ringer.enable();
  showShift();
}

async function enablePush() {
  await subscribeToPush().then(
    () => toast(t("courier.push_on")),
    () => toast(t("courier.push_refused"), "alert"),
  );
}

function showOffers() {
  keyed(byId("offers"), offers, {
    key: (offer) => offer.id,
    stamp: (offer) => offer.state,
    build: offerCard,
  });
}

function offerCard(offer) {
  const seconds = (Date.parse(offer.expires_at) - Date.parse(offer.offered_at)) / 1000;
  const answer = async (event, name) => {
    event.currentTarget.disabled = true;
    silence(offer);
    await hub.command(name, { offer_id: offer.id }).catch((error) => {
      event.target.disabled = false;
      explain(error);
    });
  };
  return h(
    "article",
    { class: "card offer stack", "data-offer": offer.id },
    h("div", { class: "job-head" }, h("div", {}, h("h2", {}, offer.merchant.name), h("p", { class: "muted" }, offer.merchant.address)), countdown(offer.expires_at, seconds, t("courier.time_to_answer"))),
    h(
      "dl",
      { class: "facts" },
      h("dt", {}, t("courier.to_shop")),
      h("dd", {}, distance(offer.distance_metres)),
      h("dt", {}, t("courier.trip")),
      h("dd", {}, distance(offer.trip_metres)),
      h("dt", {}, t("courier.pay")),
      h("dd", { class: "number" }, money(offer.fee_minor + offer.bonus_minor, offer.currency)),
      offer.bonus_minor ? [h("dt", {}, t("courier.bonus")), h("dd", { class: "number", "data-bonus": offer.bonus_minor }, h("span", { class: "badge good" }, `+${money(offer.bonus_minor, offer.currency)}`))] : "",
      h("dt", {}, t("courier.ready_at")),
      h("dd", {}, timeOf(offer.ready_at) || "–"),
    ),
    h("p", { class: "note" }, t(`courier.why_${offer.reason_code}`, { distance: distance(offer.distance_metres) })),
    h("button", { class: "main big", "data-deed": "accept", onclick: (event) => answer(event, "offer.accept") }, t("courier.accept")),
    h("div", { class: "row" }, h("button", { class: "plain grave", "data-deed": "decline", onclick: (event) => answer(event, "offer.decline") }, t("courier.decline")), h("button", { class: "plain", "data-deed": "quiet", onclick: () => silence(offer) }, t("courier.quiet"))),
  );
}

function noticesOf(offer) {
  return [...notices.values()].filter((notice) => notice.subject === `offer:${offer.id}`);
}

function silence(offer) {
  quiet.add(offer.id);
  const open = noticesOf(offer);
  if (open.length) acknowledge(open);
  sound();
}

function sound() {
  const calls = offers.some((offer) => !quiet.has(offer.id) && noticesOf(offer).some((notice) => notice.needs_act));
  document.body.classList.toggle("is-ringing", calls);
  if (calls) ringer.start();
  else ringer.stop();
}

// An offer that was lost to somebody else says so; one that ran out needs no words.
function onEvent(event, { replayed }) {
  if (event.type === "delivery.offer_withdrawn" && !replayed) toast(t("courier.withdrawn"));
  if (event.type === "delivery.reattempted" && !replayed) toast(t("courier.try_again", { number: event.d.number }), "alert");
  if (event.key.startsWith("leg:") && !event.d.open && event.d.order_state === "cancelled") {
    toast(t("courier.job_cancelled", { number: event.d.number }), "alert");
  }
}

reportHealth(ringer);
hub.join(`courier:${me}`, { onRows, onEvent });
onNotices(sound);
onSteps(() => rowsNow && show(rowsNow));
registerWorker().then(keepPage).catch(() => {}); // without it, a visit off line finds another page
keptRows().then((rows) => {
  if (rowsNow || !rows.length) return;
  rowsNow = rows;
  show(rows);
});
