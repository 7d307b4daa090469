// How far an order is, as everybody sees it who follows it: its state, its steps, its map.

import { countdown, dueLine } from "./countdown.js";
import { byId, h } from "./dom.js";
import { CityMap } from "./map.js";
import { isNearDoor } from "./nearness.js";
import { hub } from "./shell.js";
import { data, t, timeOf, word } from "./words.js";

const DELIVERY = ["placed", "accepted", "preparing", "ready", "handed_over", "completed"];
const TIMES = { placed: "placed_at", accepted: "accepted_at", preparing: "preparing_at", ready: "ready_at", handed_over: "handed_over_at", completed: "ended_at" };
const MINUTE_MS = 60_000;

let map = null;

export function minutesLeft(order) {
  const eta = order.fulfilment === "delivery" ? order.leg?.eta_at : null;
  const due = eta ?? order.times.promised_at ?? order.times.promised_ready_at;
  return due ? Math.max(1, Math.ceil((Date.parse(due) - hub.now()) / MINUTE_MS)) : null;
}

export function head(order) {
  const minutes = order.open ? minutesLeft(order) : null;
  const until = order.deadlines["order.accept"] ?? order.deadlines["order.payment"];
  const span = order.state === "placed" ? data.spans.accept : data.spans.payment;
  const waits = ["placed", "pending_payment"].includes(order.state) && until;
  return h(
    "section",
    { class: "card state-head" },
    h(
      "div",
      { class: "words" },
      h("h2", { id: "state", "data-state": order.state }, stateWords(order)),
      minutes && !waits ? h("p", { class: "eta" }, t("order.minutes", { n: minutes })) : "",
      h("p", { class: "muted" }, hint(order)),
      dueLine(order),
    ),
    waits ? countdown(until, span, t("order.time_left")) : "",
  );
}

function stateWords(order) {
  if (order.state === "ready" && order.fulfilment === "delivery" && !order.leg?.courier) {
    return t("order.waits_for_courier");
  }
  return word("states", order.state);
}

function hint(order) {
  if (order.hold) return t("order.held");
  if (order.cancel) return word("reasons", order.cancel.reason);
  if (order.leg?.courier && order.open) {
    return [order.leg.courier.name, word("legs", order.leg.state)].filter(Boolean).join(" · ");
  }
  return t(`order.hint_${order.state}`, { shop: order.merchant.name });
}

export function steps(order) {
  const names = order.fulfilment === "pickup" ? DELIVERY.filter((name) => name !== "handed_over") : DELIVERY;
  const reached = names.map((name) => order.times[TIMES[name]] && (name !== "completed" || order.state === "completed"));
  const last = reached.findLastIndex(Boolean);
  const list = names.map((name, index) =>
    h(
      "li",
      { class: index === last && order.open ? "done now" : reached[index] ? "done" : "" },
      h("span", {}, word("steps", name)),
      h("time", { class: "number" }, reached[index] ? timeOf(order.times[TIMES[name]]) : ""),
    ),
  );
  if (order.state === "cancelled") {
    list.push(h("li", { class: "done now" }, h("span", {}, word("states", "cancelled")), h("time", {}, timeOf(order.ended_at))));
  }
  return h("ol", { class: "card steps" }, list);
}

export function news(order) {
  const notes = [];
  if (order.delay_minutes && order.open) notes.push(t("order.delayed", { n: order.delay_minutes }));
  if (order.open && order.leg?.failure_reason) notes.push(t("order.failed", { reason: word("failures", order.leg.failure_reason) }));
  if (isNearDoor(order)) notes.push(t("order.courier_near"));
  if (order.nudge?.reply) notes.push(t("order.shop_says", { reply: order.nudge.reply }));
  return notes.map((text) => h("p", { class: "note" }, text));
}

// Shop and courier; and the door, which guests are not told of: theirs begins with the courier.
export function showMap(order) {
  const box = byId("map");
  const hasCourier = Boolean(order.leg?.courier && order.open);
  box.hidden = order.fulfilment !== "delivery" || !(order.dropoff || hasCourier);
  if (box.hidden) return;
  if (!map) {
    map = new CityMap(box);
    map.put("shop", order.merchant, { kind: "shop", label: order.merchant.name });
    if (order.dropoff) {
      map.put("door", order.dropoff, { kind: "door", label: t("order.door") });
      map.route("shop", "door");
    }
  }
  if (!hasCourier) map.remove("courier");
}

export function onPosition(frame) {
  map?.put("courier", { latitude: frame.lat, longitude: frame.lng }, { kind: "courier" });
}
