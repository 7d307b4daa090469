// Deliveries that the shop must see to: nobody takes them, or one of its people carries them.

import { DEEDS } from "./board-deeds.js";
import { countdown } from "./countdown.js";
import { stepButton } from "./courier-job.js";
import { proofLink } from "./proof-view.js";
import { h } from "./dom.js";
import { me } from "./shell.js";
import { data, t, timeOf, word } from "./words.js";

const STEPS = {
  assigned: ["unassign"],
  at_pickup: ["unassign"],
  picked_up: ["deliver", "fail"],
  at_dropoff: ["deliver", "fail"],
  failed: ["return"],
};
const GRAVE = new Set(["unassign", "fail"]);

// Nobody has taken it for long: what to do, or what was chosen and is under way.
export function courierQuestion(order) {
  const { leg } = order;
  if (!order.open || leg?.state !== "unassigned") return "";
  return [order.pickup_proposed_at ? pickupAsked(order) : "", leg.search_waits_until ? waiting(leg) : "", leg.search_escalated_at ? question(order) : ""];
}

function pickupAsked(order) {
  const until = order.deadlines["order.pickup"];
  return h(
    "div",
    { class: "note info spread", "data-question": "pickup_asked" },
    h("span", {}, t("board.pickup_asked")),
    until ? countdown(until, data.spans.pickup, t("board.time_to_answer")) : "",
  );
}

function waiting(leg) {
  return h("p", { class: "note info", "data-question": "waiting" }, t("board.waiting", { time: timeOf(leg.search_waits_until) }));
}

function question(order) {
  const { leg } = order;
  return h(
    "div",
    { class: "note alert stack", "data-question": "no_courier" },
    h("b", {}, t("board.no_courier", { time: timeOf(leg.created_at) })),
    h(
      "div",
      { class: "deeds" },
      deed("self_deliver", () => DEEDS.self_deliver(order), "main"),
      deed("wait", () => DEEDS.wait(order)),
      order.allowed.includes("propose_pickup") ? deed("propose_pickup", () => DEEDS.propose_pickup(order)) : "",
      deed("stop_no_courier", () => DEEDS.stop_no_courier(order), "grave plain"),
    ),
  );
}

function deed(name, run, kind = "") {
  const onclick = async ({ currentTarget }) => {
    currentTarget.disabled = true;
    await run();
    currentTarget.disabled = false;
  };
  return h("button", { class: kind, "data-deed": name, onclick }, word("deeds", name));
}

// It could not be delivered and comes back; only the shop knows when it is here.
export function comingBack(order) {
  const { leg } = order;
  if (!order.open || !["failed", "returning"].includes(leg?.state)) return "";
  return h(
    "div",
    { class: "note warn stack", "data-question": "coming_back" },
    h("b", {}, t("board.coming_back", { reason: word("failures", leg.failure_reason) })),
    leg.failure_photo ? proofLink(leg.failure_photo, t("order.failure_photo")) : "",
    h("div", { class: "deeds" }, deed("finish_return", () => DEEDS.finish_return(order), "main")),
  );
}

// What the person at this board carries: where to, and the steps that are left.
export function ownDelivery(order) {
  const { leg } = order;
  if (!order.open || leg?.courier?.id !== me) return "";
  const steps = STEPS[leg.state] ?? [];
  return h(
    "div",
    { class: "note info stack", "data-own-leg": leg.state },
    h("b", {}, t("board.own_delivery")),
    h("p", {}, `${order.dropoff?.address ?? ""} · ${order.contact.phone}`),
    h("div", { class: "deeds" }, steps.map((step) => stepButton({ ...leg, order_id: order.id }, step, GRAVE.has(step) ? "grave plain" : "main"))),
  );
}
