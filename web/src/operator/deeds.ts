// The hands that an operator has in an order; each is audited with who and why.

import type { Json } from "@paidan/realtime";

import { get } from "@/api/http";
import { give } from "@/live/commands";
import type { Order } from "@/live/order";
import { ask } from "@/ui/asking";
import type { AskField } from "@/ui/asking";
import { t } from "@/words";

import type { Overview } from "./overview";

const STOP_REASONS = ["shop_closed", "cannot_fulfil", "no_courier", "delivery_failed", "fraud", "other"];
const WAITS = ["5", "10", "15"];

export interface OperatorDeed {
  name: string;
  isGrave: boolean;
  run(): Promise<Json | null>; // null: it was not done
}

// What can be done now; `isPinned`: a courier is pinned to the leg.
export function deedsOf(order: Order, isPinned: boolean): OperatorDeed[] {
  const { leg } = order;
  const isLive = Boolean(leg) && order.open;
  const comesBack = order.open && ["failed", "returning"].includes(leg?.state ?? "");
  const isAsked = order.open && leg?.state === "unassigned" && Boolean(leg.search_escalated_at);
  const may = (trigger: string) => order.allowed.includes(trigger);
  const all: [string, boolean, () => Promise<Json | null>][] = [
    ["hold", may("hold"), () => hold(order)],
    ["release", may("release"), () => give("order.release", { order_id: order.id })],
    ["assign", isLive, () => overrule(order, "assign")],
    ["pin", isLive && !leg?.courier, () => overrule(order, "pin")],
    ["wait", isAsked, () => wait(order)],
    ["propose_pickup", may("propose_pickup"), () => proposePickup(order)],
    ["convert", may("convert_to_pickup"), () => convert(order)],
    ["unpin", isPinned, () => give("leg.unpin", { leg_id: leg?.id })],
    ["finish_return", comesBack, () => give("leg.finish_return", { leg_id: leg?.id })],
    ["reattempt", comesBack, () => give("leg.reattempt", { leg_id: leg?.id })],
    ["stop", may("stop"), () => stop(order)],
  ];
  return all.filter(([, can]) => can).map(([name, , run]) => ({ name, isGrave: name === "stop", run }));
}

async function hold(order: Order): Promise<Json | null> {
  const said = await ask({ title: t("operator.hold"), fields: [{ kind: "text", name: "reason", label: t("operator.reason"), maxlength: 120 }] });
  return said && give("order.hold", { order_id: order.id, reason: said["reason"] });
}

async function stop(order: Order): Promise<Json | null> {
  const title = t("operator.stop");
  const said = await ask({ title, yes: title, isGrave: true, fields: [{ kind: "choice", name: "reason", options: STOP_REASONS, words: "reasons" }] });
  return said && give("order.stop", { order_id: order.id, reason: said["reason"] });
}

async function wait(order: Order): Promise<Json | null> {
  const said = await ask({ title: t("operator.wait"), fields: [{ kind: "words", text: t("operator.wait_hint") }, { kind: "choice", name: "minutes", options: WAITS, words: "waits" }] });
  return said && give("leg.wait", { leg_id: order.leg?.id, minutes: Number(said["minutes"]) });
}

async function proposePickup(order: Order): Promise<Json | null> {
  const title = t("operator.propose_pickup");
  const said = await ask({ title, yes: title, fields: [{ kind: "words", text: t("board.pickup_hint") }] });
  return said && give("order.propose_pickup", { order_id: order.id });
}

async function convert(order: Order): Promise<Json | null> {
  const title = t("operator.convert");
  const said = await ask({ title, yes: title, isGrave: true, fields: [{ kind: "words", text: t("operator.convert_hint") }] });
  return said && give("order.convert_to_pickup", { order_id: order.id });
}

// Choose a courier on line, say why, and give the leg's command of that name.
async function overrule(order: Order, name: "assign" | "pin"): Promise<Json | null> {
  const { couriers = [] } = await get<Overview>("/operator/overview");
  const labels = Object.fromEntries(couriers.map((courier) => [courier.id, `${courier.name} (${courier.active_count})`]));
  const fields: AskField[] = [
    ...(name === "pin" ? [{ kind: "words" as const, text: t("operator.pin_hint") }] : []),
    couriers.length ? { kind: "choice", name: "courier_id", options: Object.keys(labels), labels, legend: t("operator.courier") } : { kind: "words", text: t("operator.none_online"), tone: "warn" },
    { kind: "text", name: "reason", label: t("operator.assign_reason"), maxlength: 120, optional: true },
  ];
  const said = await ask({ title: t(`operator.${name}`), fields });
  if (!said?.["courier_id"]) return null;
  return give(`leg.${name}`, { leg_id: order.leg?.id, courier_id: said["courier_id"], reason: said["reason"] });
}
