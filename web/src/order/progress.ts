// How far an order is, in words and in minutes, as everybody sees it who follows it.

import type { Order } from "@/live/order";
import { t, word } from "@/words";

const MINUTE_MS = 60_000;
const DELIVERY = ["placed", "accepted", "preparing", "ready", "handed_over", "completed"] as const;
const TIMES: Record<string, string> = {
  placed: "placed_at", accepted: "accepted_at", preparing: "preparing_at", ready: "ready_at", handed_over: "handed_over_at", completed: "ended_at",
};

export interface Step {
  name: string;
  at: string | null;
  isDone: boolean;
  isNow: boolean;
}

// Whole minutes until it is there, or can be collected; null when nobody can say.
export function minutesLeft(order: Order, nowMs: number): number | null {
  const eta = order.fulfilment === "delivery" ? order.leg?.eta_at : null;
  const due = eta ?? order.times["promised_at"] ?? order.times["promised_ready_at"];
  return due ? Math.max(1, Math.ceil((Date.parse(due) - nowMs) / MINUTE_MS)) : null;
}

export function stateWords(order: Order): string {
  if (order.state === "ready" && order.fulfilment === "delivery" && !order.leg?.courier) return t("order.waits_for_courier");
  return word("states", order.state);
}

export function hintOf(order: Order): string {
  if (order.hold) return t("order.held");
  if (order.cancel) return word("reasons", order.cancel.reason);
  if (order.leg?.courier && order.open) return [order.leg.courier.name, word("legs", order.leg.state)].filter(Boolean).join(" · ");
  return t(`order.hint_${order.state}`, { shop: order.merchant.name });
}

export function stepsOf(order: Order): Step[] {
  const names = DELIVERY.filter((name) => name !== "handed_over" || order.fulfilment === "delivery");
  const reached = names.map((name) => Boolean(order.times[TIMES[name] ?? ""]) && (name !== "completed" || order.state === "completed"));
  const last = reached.lastIndexOf(true);
  const steps = names.map((name, at) => ({
    name: word("steps", name),
    at: reached[at] ? (order.times[TIMES[name] ?? ""] ?? null) : null,
    isDone: reached[at] ?? false,
    isNow: at === last && order.open,
  }));
  if (order.state !== "cancelled") return steps;
  // What it did not come to is of no interest any more.
  return [...steps.filter(({ isDone }) => isDone), { name: word("states", "cancelled"), at: order.ended_at, isDone: true, isNow: true }];
}

export function newsOf(order: Order): string[] {
  const news: string[] = [];
  if (order.delay_minutes && order.open) news.push(t("order.delayed", { n: order.delay_minutes }));
  if (order.open && order.leg?.failure_reason) news.push(t("order.failed", { reason: word("failures", order.leg.failure_reason) }));
  if (order.open && order.leg?.state === "picked_up" && order.leg.near_dropoff_at) news.push(t("order.courier_near"));
  if (order.nudge?.reply) news.push(t("order.shop_says", { reply: order.nudge.reply }));
  return news;
}

export type CancelRule = "free" | "minute" | "ask" | "asked" | "left";

// Which rule for cancelling holds now; null when there is nothing left to cancel.
export function cancelRuleOf(order: Order, nowMs: number): CancelRule | null {
  if (!order.open) return null;
  if (order.cancellation) return "asked";
  if (order.state === "handed_over") return "left";
  if (!order.allowed.includes("cancel")) return order.allowed.includes("request_cancellation") ? "ask" : null;
  const until = order.times["free_cancellation_until"];
  if (!until) return "free";
  return nowMs < Date.parse(until) ? "minute" : "ask";
}
