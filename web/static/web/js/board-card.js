// One order as a card that can be read from two metres.

import { DEEDS, DELAYS } from "./board-deeds.js";
import { comingBack, courierQuestion, ownDelivery } from "./board-leg.js";
import { countdown, dueLine } from "./countdown.js";
import { h } from "./dom.js";
import { nearShop } from "./nearness.js";
import { data, money, t, timeOf, word } from "./words.js";

const MAIN = { placed: "accept", accepted: "start", preparing: "mark_ready", ready: "hand_over", handed_over: "complete" };
const KEYS = { accept: "A", reject: "R", start: "S", mark_ready: "F", hand_over: "H", complete: "H" };
const OTHERS = ["reject", "mark_ready", "propose_adjustment", "stop"];
const GRAVE = new Set(["reject", "stop"]);
const LEAST_PROMISE_SECONDS = 60;

// `marks`: {rings, stops, selected, decider, onStop}.
export function orderCard(order, marks) {
  const classes = ["card", "order"];
  if (marks.rings) classes.push("rings");
  if (marks.stops) classes.push("stopped");
  if (marks.selected) classes.push("selected");
  if (!order.open) classes.push("ended");
  const card = h(
    "li",
    { class: classes.join(" "), "data-state": order.state, "data-order": order.id, tabindex: -1 },
    head(order),
    marks.stops ? h("p", { class: "order-number" }, t("board.stop_now")) : "",
    lines(order),
    order.note ? h("p", { class: "note warn" }, `“${order.note}”`) : "",
    exceptions(order),
    courierQuestion(order),
    ownDelivery(order),
    comingBack(order),
    dueLine(order),
    foot(order, marks),
    marks.stops ? stopDeed(marks) : deeds(order),
  );
  return card;
}

function head(order) {
  return h(
    "div",
    { class: "order-head" },
    h("span", { class: "order-number" }, `#${order.number}`),
    h("span", { class: "badge" }, word("fulfilment", order.fulfilment)),
    order.payment.method === "cash" && order.open
      ? h("span", { class: "badge" }, t("board.cash"))
      : "",
    order.hold ? h("span", { class: "badge warn" }, t("board.held")) : "",
    order.delay_minutes && order.open
      ? h("span", { class: "badge info" }, t("board.delayed", { n: order.delay_minutes }))
      : "",
    nearShop(order),
    ring(order),
  );
}

function ring(order) {
  if (order.state === "placed" && order.deadlines["order.accept"]) {
    return countdown(order.deadlines["order.accept"], data.spans.accept, t("board.time_to_accept"));
  }
  const { promised_ready_at: until, accepted_at: since } = order.times;
  if (!until || !["accepted", "preparing"].includes(order.state)) return "";
  const span = Math.max(LEAST_PROMISE_SECONDS, (Date.parse(until) - Date.parse(since)) / 1000);
  return countdown(until, span, t("board.time_to_ready"));
}

function lines(order) {
  return h(
    "ul",
    { class: "lines" },
    order.lines.map((line) =>
      h(
        "li",
        { class: line.quantity ? "" : "gone" },
        h("span", { class: "times" }, `${line.quantity}×`),
        h("span", {}, line.name),
        line.ordered_quantity !== line.quantity
          ? h("span", { class: "badge alert" }, t("board.changed", { n: line.ordered_quantity }))
          : "",
      ),
    ),
  );
}

function exceptions(order) {
  const notes = [];
  if (order.cancellation && order.allowed.includes("refuse_cancellation")) {
    const until = order.deadlines["order.cancellation"];
    notes.push(
      h(
        "div",
        { class: "note alert" },
        h("b", {}, t("board.asks_to_cancel", { reason: word("reasons", order.cancellation.reason) })),
        until ? countdown(until, data.spans.cancellation, t("board.time_to_answer")) : "",
      ),
      h("div", { class: "deeds" }, deed(order, "agree", { kind: "grave" }), deed(order, "refuse")),
    );
  }
  if (order.proposal) notes.push(h("p", { class: "note" }, t("board.proposal_open")));
  if (order.nudge && !order.nudge.reply) {
    notes.push(
      h(
        "div",
        { class: "note warn spread" },
        h("b", {}, t("board.nudged", { n: order.nudge.count })),
        order.allowed.includes("reply_nudge") ? deed(order, "reply_nudge") : "",
      ),
    );
  }
  return notes;
}

function foot(order, marks) {
  const { leg } = order;
  const ended = order.state === "cancelled" && order.cancel;
  return h(
    "p",
    { class: "order-foot muted" },
    h("span", {}, timeOf(order.times.placed_at)),
    h("span", {}, order.contact.name),
    h("span", { class: "number" }, money(order.total_minor, order.currency)),
    leg?.courier ? h("span", {}, `${leg.courier.name} · ${word("legs", leg.state)}`) : "",
    leg && !leg.courier && order.open ? h("span", {}, word("legs", leg.state)) : "",
    ended ? h("b", {}, word("reasons", order.cancel.reason)) : "",
    marks.decider ? h("b", { class: "decider" }, marks.decider) : "",
  );
}

function deed(order, trigger, { kind = "", minutes } = {}) {
  const key = KEYS[trigger] ?? "";
  const label = minutes ? t("board.plus_minutes", { n: minutes }) : word("deeds", trigger);
  return h(
    "button",
    {
      class: kind,
      "data-deed": minutes ? `delay-${minutes}` : trigger,
      onclick: async ({ currentTarget }) => {
        currentTarget.disabled = true;
        await DEEDS[trigger](order, minutes);
        currentTarget.disabled = false;
      },
    },
    label,
    kind === "main" && key ? h("kbd", { "aria-hidden": "true" }, key) : "",
  );
}

function deeds(order) {
  const main = mainDeed(order);
  const others = OTHERS.filter((trigger) => trigger !== main && order.allowed.includes(trigger));
  return h(
    "div",
    { class: "deeds" },
    main ? deed(order, main, { kind: "main" }) : "",
    order.allowed.includes("delay") ? DELAYS.map((minutes) => deed(order, "delay", { minutes })) : "",
    others
      .filter((trigger) => !(trigger === "stop" && order.allowed.includes("reject")))
      .map((trigger) => deed(order, trigger, { kind: GRAVE.has(trigger) ? "grave plain" : "" })),
  );
}

// The next step of the order; a delivery is handed over by its courier's pick-up once one is there.
export function mainDeed(order) {
  const main = MAIN[order.state];
  if (main === "hand_over" && order.fulfilment === "delivery" && !order.leg?.courier) return null;
  return main && order.allowed.includes(main) ? main : null;
}

function stopDeed(marks) {
  return h(
    "div",
    { class: "deeds" },
    h("button", { class: "big", "data-deed": "stopped", onclick: marks.onStop }, t("board.stopped")),
  );
}
