// The customer's tracking page: where the order stands, when it comes, and what can still be done.

import { countdown } from "./countdown.js";
import { byId, h, keyed } from "./dom.js";
import { CityMap } from "./map.js";
import { cancelRule, deedsOf } from "./order-deeds.js";
import { get, hub } from "./shell.js";
import { data, money, t, timeOf, word } from "./words.js";

const DELIVERY = ["placed", "accepted", "preparing", "ready", "handed_over", "completed"];
const TIMES = { placed: "placed_at", accepted: "accepted_at", preparing: "preparing_at", ready: "ready_at", handed_over: "handed_over_at", completed: "ended_at" };
const MINUTE_MS = 60_000;
const TIMELINE_AFTER_MS = 250;
const TOPIC = `order:${data.order_id}`;

let map = null;
let timelineTimer = null;

function minutesLeft(order) {
  const eta = order.fulfilment === "delivery" ? order.leg?.eta_at : null;
  const due = eta ?? order.times.promised_at ?? order.times.promised_ready_at;
  return due ? Math.max(1, Math.ceil((Date.parse(due) - hub.now()) / MINUTE_MS)) : null;
}

function head(order) {
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
    return `${order.leg.courier.name} · ${word("legs", order.leg.state)}`;
  }
  return t(`order.hint_${order.state}`, { shop: order.merchant.name });
}

function steps(order) {
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

function code(order) {
  if (!data.handover_code || !order.open) return "";
  const where = order.fulfilment === "pickup" ? "order.code_pickup" : "order.code_delivery";
  return h(
    "section",
    { class: "card spread" },
    h("p", {}, t(where)),
    h("p", { class: "code", id: "code" }, data.handover_code),
  );
}

function receipt(order) {
  const { currency } = order;
  return h(
    "section",
    { class: "card stack" },
    h("p", { class: "spread" }, h("b", {}, order.merchant.name), h("span", { class: "muted" }, `#${order.number}`)),
    h(
      "ul",
      { class: "lines" },
      order.lines.map((line) =>
        h(
          "li",
          { class: line.quantity ? "" : "gone" },
          h("span", { class: "times" }, `${line.quantity}×`),
          line.name,
          line.quantity !== line.ordered_quantity ? h("span", { class: "badge warn" }, t("order.changed", { n: line.ordered_quantity })) : "",
          h("span", { class: "price" }, money(line.unit_minor * line.quantity, currency)),
        ),
      ),
    ),
    h("p", { class: "spread muted" }, t("shop.fee"), h("span", { class: "number" }, money(order.delivery_fee_minor, currency))),
    h("p", { class: "spread total" }, t("shop.total"), h("span", { class: "number" }, money(order.total_minor, currency))),
    h("p", { class: "spread muted small" }, `${word("payment_methods", order.payment.method)} · ${word("payments", order.payment.state ?? "")}`, order.payment.refunded_minor ? t("order.refunded", { amount: money(order.payment.refunded_minor, currency) }) : ""),
    order.dropoff && order.fulfilment === "delivery" ? h("p", { class: "muted small" }, order.dropoff.address) : "",
    h("p", { class: "muted small" }, `${order.contact.name} · ${order.contact.phone}`),
    order.note ? h("p", { class: "muted small" }, `“${order.note}”`) : "",
  );
}

function news(order) {
  const notes = [];
  if (order.delay_minutes && order.open) notes.push(t("order.delayed", { n: order.delay_minutes }));
  if (order.nudge?.reply) notes.push(t("order.shop_says", { reply: order.nudge.reply }));
  return notes.map((text) => h("p", { class: "note" }, text));
}

function showMap(order) {
  const box = byId("map");
  const isDelivered = order.dropoff && order.fulfilment === "delivery";
  box.hidden = !isDelivered;
  if (!isDelivered) return;
  if (!map) {
    map = new CityMap(box);
    map.put("shop", order.merchant, { kind: "shop", label: order.merchant.name });
    map.put("door", order.dropoff, { kind: "door", label: t("order.door") });
    map.route("shop", "door");
  }
  if (!order.leg?.courier || !order.open) map.remove("courier");
}

function showOrder(rows) {
  const row = rows.find((each) => each.key === TOPIC);
  if (!row) return;
  const order = row.d;
  const cancelling = data.role === "customer" ? cancelRule(order, hub.now()) : null;
  const parts = [
    ["head", `${row.ver} ${minutesLeft(order)}`, () => head(order)],
    ["news", row.ver, () => h("div", { class: "stack" }, news(order))],
    ["deeds", row.ver, () => h("div", { class: "stack" }, data.role === "customer" ? deedsOf(order) : "")],
    ["code", row.ver, () => h("div", {}, code(order))],
    ["steps", row.ver, () => steps(order)],
    ["cancel", `${row.ver} ${cancelling?.rule}`, () => cancelling?.build() ?? h("div")],
  ];
  byId("order").querySelector(".loading")?.remove();
  keyed(byId("order"), parts, { key: (part) => part[0], stamp: (part) => part[1], build: (part) => part[2]() });
  showMap(order);
  keyed(byId("details"), [row], { key: () => "receipt", stamp: () => row.ver, build: () => h("div", { class: "stack" }, receipt(order), h("section", { class: "card" }, h("h2", {}, t("order.timeline")), h("ol", { class: "timeline", id: "timeline" }))) });
  clearTimeout(timelineTimer);
  timelineTimer = setTimeout(showTimeline, TIMELINE_AFTER_MS);
}

let timelineStamp = null;

async function showTimeline() {
  const list = byId("timeline");
  if (!list || (list.children.length && timelineStamp === list.closest("[data-stamp]").dataset.stamp)) return;
  timelineStamp = list.closest("[data-stamp]").dataset.stamp;
  const { items } = await get(`/api/v1/orders/${data.order_id}/timeline`).catch(() => ({ items: [] }));
  const told = items.filter((item) => word("events", item.type) !== item.type);
  keyed(list, told, {
    key: (item) => item.id,
    stamp: () => "told",
    build: (item) =>
      h("li", {}, h("time", { class: "muted number" }, timeOf(item.at, { seconds: true })), h("span", {}, word("events", item.type), " ", h("span", { class: "muted" }, word("actors", item.actor.type)))),
  });
}

function onPosition(frame) {
  map?.put("courier", { latitude: frame.lat, longitude: frame.lng }, { kind: "courier" });
}

function onRefused() {
  byId("order").replaceChildren(h("div", { class: "card empty" }, t("errors.not_found")));
}

hub.join(TOPIC, { onRows: showOrder, onPosition, onRefused });
