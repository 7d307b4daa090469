// Deliveries that the shop must see to: nobody takes them, or one of its people carries them.

import { DEEDS } from "./board-deeds.js";
import { stepButton } from "./courier-job.js";
import { h } from "./dom.js";
import { me } from "./shell.js";
import { t, timeOf, word } from "./words.js";

const STEPS = {
  assigned: ["unassign"],
  at_pickup: ["unassign"],
  picked_up: ["deliver", "fail"],
  at_dropoff: ["deliver", "fail"],
  failed: ["return"],
  returning: ["return_done"],
};
const GRAVE = new Set(["unassign", "fail"]);

// Nobody has taken it for long. `marks`: {asks, onWait}.
export function courierQuestion(order, marks) {
  const { leg } = order;
  if (!order.open || leg?.state !== "unassigned" || !leg.search_escalated_at) return "";
  return h(
    "div",
    { class: "note alert stack", "data-question": "no_courier" },
    h("b", {}, t("board.no_courier", { time: timeOf(leg.created_at) })),
    h(
      "div",
      { class: "deeds" },
      deed("self_deliver", () => DEEDS.self_deliver(order), "main"),
      marks.asks ? deed("wait", marks.onWait) : "",
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
    h("div", { class: "deeds" }, steps.map((step) => stepButton(leg, step, GRAVE.has(step) ? "grave plain" : "main"))),
  );
}
