// What a customer can do with a running order, and the rule for cancelling it in words.

import { countdown } from "./countdown.js";
import { h } from "./dom.js";
import { shareButton } from "./order-share.js";
import { ask, choice, explain } from "./overlays.js";
import { hub, post } from "./shell.js";
import { data, money, t, word } from "./words.js";

async function give(name, order, args = {}) {
  try {
    await hub.command(name, { order_id: order.id, ...args });
  } catch (error) {
    explain(error);
  }
}

// A window opened before the answer comes is not taken for an unwanted one.
async function pay(order) {
  const tab = window.open("", "_blank");
  try {
    const { pay_url: url } = await post(`/api/v1/orders/${order.id}/payment`);
    (tab ?? window).location.href = url;
  } catch (error) {
    tab?.close();
    explain(error);
  }
}

export function deedsOf(order) {
  const deeds = [];
  const cards = [];
  if (order.state === "pending_payment") {
    deeds.push(h("button", { class: "main big", id: "pay", "data-deed": "pay", onclick: () => pay(order) }, t("order.pay")));
  }
  if (order.proposal) cards.push(proposal(order));
  if (order.allowed.includes("answer_pickup")) cards.push(pickupQuestion(order));
  if (order.allowed.includes("nudge")) {
    const asked = order.nudge && !order.nudge.reply;
    deeds.push(
      h("button", { "data-deed": "nudge", disabled: Boolean(asked), onclick: () => give("order.nudge", order) }, t(asked ? "order.nudged" : "order.nudge")),
    );
  }
  if (order.allowed.includes("convert_to_pickup") && !order.pickup_proposed_at) {
    deeds.push(h("button", { "data-deed": "collect", onclick: () => collect(order) }, t("order.collect")));
  }
  if (order.open) deeds.push(shareButton(order));
  return [cards, deeds.length ? h("div", { class: "row" }, deeds) : ""];
}

async function collect(order) {
  const title = t("order.collect");
  const said = await ask({ title, fields: h("p", {}, t("order.collect_hint")), yes: title });
  if (said) await give("order.convert_to_pickup", order);
}

// Nobody delivers it: come for it, or have the money back.
function pickupQuestion(order) {
  const until = order.deadlines["order.pickup"];
  const answer = (agree) => give("order.answer_pickup", order, { agree });
  return h(
    "section",
    { class: "card stack", id: "pickup-question" },
    h("div", { class: "spread" }, h("h2", {}, t("order.pickup_ask")), until ? countdown(until, data.spans.pickup, t("order.time_left")) : ""),
    h("p", { class: "muted" }, t("order.pickup_hint", { shop: order.merchant.name, fee: money(order.delivery_fee_minor, order.currency) })),
    h(
      "div",
      { class: "row" },
      h("button", { class: "main", "data-deed": "come", onclick: () => answer(true) }, t("order.pickup_yes")),
      h("button", { class: "grave", "data-deed": "refund", onclick: () => answer(false) }, t("order.pickup_no")),
    ),
  );
}

function proposal(order) {
  const lines = new Map(order.lines.map((line) => [line.id, line]));
  const until = order.deadlines["order.adjustment"];
  const answer = (value) => give("order.answer_adjustment", order, { answer: value });
  return h(
    "section",
    { class: "card stack" },
    h("div", { class: "spread" }, h("h2", {}, t("order.sold_out")), until ? countdown(until, data.spans.adjustment, t("order.time_left")) : ""),
    h("ul", { class: "lines" }, order.proposal.map(({ line_id: id, quantity }) => h("li", {}, h("span", { class: "gone" }, `${lines.get(id).quantity}×`), h("b", {}, `${quantity}×`), lines.get(id).name))),
    h(
      "div",
      { class: "row" },
      h("button", { class: "main", "data-deed": "take", onclick: () => answer("refund") }, t("order.take_rest")),
      h("button", { class: "grave", "data-deed": "leave", onclick: () => answer("cancel") }, t("order.cancel_all")),
    ),
  );
}

async function cancel(order, name, title) {
  const said = await ask({ title, fields: choice("reason", data.reasons, "reasons"), yes: title, isGrave: true });
  if (said) await give(name, order, { reason: said.reason });
}

// Which rule holds now: {rule, build}; the rule alone changes with time.
export function cancelRule(order, nowMs) {
  const rule = ruleOf(order, nowMs);
  if (!rule) return null;
  const button = (name, command) =>
    h("button", { class: "grave", "data-deed": "cancel", onclick: () => cancel(order, command, t(name)) }, t(name));
  const deeds = {
    free: () => button("order.cancel", "order.cancel"),
    minute: () => [
      countdown(order.times.free_cancellation_until, data.spans.free_cancellation, t("order.time_left")),
      button("order.cancel", "order.cancel"),
    ],
    ask: () => button("order.ask_to_cancel", "order.request_cancellation"),
    asked: () => countdown(order.deadlines["order.cancellation"] ?? order.times.created_at, data.spans.cancellation, t("order.time_left")),
    left: () => "",
  };
  const build = () =>
    h("section", { class: "card state-head", id: "cancel-rule", "data-rule": rule }, h("p", { class: "words muted" }, word("cancel_rules", rule)), deeds[rule]());
  return { rule, build };
}

function ruleOf(order, nowMs) {
  if (!order.open) return null;
  if (order.cancellation) return "asked";
  if (order.state === "handed_over") return "left";
  if (!order.allowed.includes("cancel")) return order.allowed.includes("request_cancellation") ? "ask" : null;
  const until = order.times.free_cancellation_until;
  if (!until) return "free";
  return nowMs < Date.parse(until) ? "minute" : "ask";
}
