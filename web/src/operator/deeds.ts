// The hands that an operator has in an order; each asks why, and is kept with who and why.

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
const LONGEST = 120; // signs of a reason

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
  const ofOrder = { order_id: order.id };
  const ofLeg = { leg_id: leg?.id };
  const all: [string, boolean, () => Promise<Json | null>][] = [
    ["hold", may("hold"), () => because("hold", "order.hold", ofOrder)],
    ["release", may("release"), () => because("release", "order.release", ofOrder)],
    ["assign", isLive, () => overrule(order, "assign")],
    ["pin", isLive && !leg?.courier, () => overrule(order, "pin")],
    ["wait", isAsked, () => wait(order)],
    ["propose_pickup", may("propose_pickup"), () => because("propose_pickup", "order.propose_pickup", ofOrder, t("board.pickup_hint"))],
    ["convert", may("convert_to_pickup"), () => because("convert", "order.convert_to_pickup", ofOrder, t("operator.convert_hint"))],
    ["unpin", isPinned, () => because("unpin", "leg.unpin", ofLeg)],
    ["finish_return", comesBack, () => because("finish_return", "leg.finish_return", ofLeg)],
    ["reattempt", comesBack, () => because("reattempt", "leg.reattempt", ofLeg)],
    ["stop", may("stop"), () => stop(order)],
  ];
  return all.filter(([, can]) => can).map(([name, , run]) => ({ name, isGrave: name === "stop", run }));
}

// Ask why, then give the command.
async function because(deed: string, command: string, args: Json, hint = ""): Promise<Json | null> {
  const title = t(`operator.${deed}`);
  const said = await ask({ title, yes: title, isGrave: deed === "convert", fields: [...hinted(hint), why()] });
  return said && give(command, { ...args, reason: said["reason"] });
}

async function stop(order: Order): Promise<Json | null> {
  const title = t("operator.stop");
  const note: AskField = { kind: "text", name: "note", label: t("operator.note"), maxlength: LONGEST };
  const said = await ask({ title, yes: title, isGrave: true, fields: [{ kind: "choice", name: "reason", options: STOP_REASONS, words: "reasons" }, note] });
  return said && give("order.stop", { order_id: order.id, reason: said["reason"], note: said["note"] });
}

async function wait(order: Order): Promise<Json | null> {
  const fields: AskField[] = [...hinted(t("operator.wait_hint")), { kind: "choice", name: "minutes", options: WAITS, words: "waits" }, why()];
  const said = await ask({ title: t("operator.wait"), fields });
  return said && give("leg.wait", { leg_id: order.leg?.id, minutes: Number(said["minutes"]), reason: said["reason"] });
}

// Choose a courier on line, say why, and give the leg's command of that name.
async function overrule(order: Order, name: "assign" | "pin"): Promise<Json | null> {
  const overview = await get<Overview>("/operator/overview").catch(() => null);
  const couriers = [...(overview?.couriers ?? [])].sort((a, b) => a.active_count - b.active_count);
  const title = t(`operator.${name}`);
  if (!couriers.length) {
    await ask({ title, asks: false, fields: [{ kind: "words", text: t("operator.none_online"), tone: "warn" }] });
    return null;
  }
  const labels = Object.fromEntries(couriers.map((courier) => [courier.id, `${courier.name} · ${t("operator.jobs", { n: courier.active_count })}`]));
  const chosen: AskField = { kind: "select", name: "courier_id", options: Object.keys(labels), labels, label: t("operator.courier") };
  const said = await ask({ title, yes: title, fields: [...hinted(name === "pin" ? t("operator.pin_hint") : ""), chosen, why()] });
  return said && give(`leg.${name}`, { leg_id: order.leg?.id, courier_id: said["courier_id"], reason: said["reason"] });
}

function hinted(text: string): AskField[] {
  return text ? [{ kind: "words", text }] : [];
}

function why(): AskField {
  return { kind: "text", name: "reason", label: t("operator.reason"), maxlength: LONGEST };
}
