// Close to the shop or the door: what the courier is asked, and what the others learn.

import { h } from "./dom.js";
import { t } from "./words.js";

// The courier decides: nothing has happened until they press the button below.
export function suggestion(leg) {
  if (!leg.suggested || !leg.allowed.includes(leg.suggested)) return "";
  return h("p", { class: "note info", "data-suggested": leg.suggested }, t(`courier.suggest_${leg.suggested}`));
}

export function nearShop(order) {
  const { leg } = order;
  if (!order.open || leg?.state !== "assigned" || !leg.near_pickup_at) return "";
  return h("span", { class: "badge info", "data-near": "pickup" }, t("board.courier_near"));
}

export function isNearDoor(order) {
  return order.open && order.leg?.state === "picked_up" && Boolean(order.leg.near_dropoff_at);
}
