// The customer's tracking page: where the order stands, when it comes, and what can still be done.

import { byId, h, keyed } from "./dom.js";
import { cancelRule, deedsOf } from "./order-deeds.js";
import { proofLink, proofOf } from "./proof-view.js";
import { get, hub } from "./shell.js";
import { head, minutesLeft, news, onPosition, showMap, steps } from "./tracking.js";
import { data, money, t, timeOf, word } from "./words.js";

const TIMELINE_AFTER_MS = 250;
const TOPIC = `order:${data.order_id}`;

let timelineTimer = null;

function code(order) {
  if (!data.handover_code || !order.open) return "";
  const where = order.fulfilment === "pickup" ? "order.code_pickup" : "order.code_delivery";
  return h(
    "section",
    { class: "card spread" },
    h("p", {}, t(where)),
    h("p", { class: "code", id: "code" }, data.handover_code),
    order.fulfilment === "delivery" ? h("img", { class: "qr", id: "qr", src: data.handover_qr, alt: t("order.qr") }) : "",
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
    order.payment.kept_minor ? h("p", { class: "note", id: "kept" }, t("order.kept", { amount: money(order.payment.kept_minor, currency) })) : "",
    proofOf(order.leg),
    order.leg?.failure_photo ? proofLink(order.leg.failure_photo, t("order.failure_photo")) : "",
  );
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

function onRefused() {
  byId("order").replaceChildren(h("div", { class: "card empty" }, t("errors.not_found")));
}

hub.join(TOPIC, { onRows: showOrder, onPosition, onRefused });
