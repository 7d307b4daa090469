// The hands that an operator has in a shop; each asks why, and is kept with who and why.

import type { Json } from "@paidan/realtime";

import { give } from "@/live/commands";
import { ask } from "@/ui/asking";
import type { AskField } from "@/ui/asking";
import { t } from "@/words";

import type { OperatorDeed } from "./deeds";

export interface Shop {
  id: string;
  name: string;
  phone: string;
  address: string;
  is_open: boolean;
  paused_until: string | null;
  pause_cause?: string;
}

const SPANS = ["15", "30", "60", "120"];
const LONGEST = 40; // signs of a pause's reason: the shop reads it

export function shopDeedsOf(shop: Shop): OperatorDeed[] {
  const isPaused = Boolean(shop.paused_until);
  const all: [string, boolean, () => Promise<Json | null>][] = [
    ["pause", shop.is_open && !isPaused, () => pause(shop)],
    ["resume", shop.is_open && isPaused, () => because(shop.id, "resume")],
    ["open", !shop.is_open, () => because(shop.id, "open")],
    ["close", shop.is_open, () => because(shop.id, "close")],
  ];
  return all.filter(([, can]) => can).map(([name, , run]) => ({ name, isGrave: name === "close", run }));
}

async function pause(shop: Shop): Promise<Json | null> {
  const said = await ask({
    title: t("store.pause"),
    fields: [{ kind: "choice", name: "minutes", options: SPANS, words: "pauses", legend: t("store.pause_ask") }, why(LONGEST)],
  });
  return said && give("merchant.pause", { merchant_id: shop.id, minutes: Number(said["minutes"]), reason: said["reason"] });
}

// Ask why, then give the command of that name.
export async function because(shop: string, name: "resume" | "open" | "close"): Promise<Json | null> {
  const title = t(`store.${name}`);
  const said = await ask({ title, yes: title, isGrave: name === "close", fields: [why()] });
  return said && give(`merchant.${name}`, { merchant_id: shop, reason: said["reason"] });
}

function why(maxlength = 120): AskField {
  return { kind: "text", name: "reason", label: t("operator.reason"), maxlength };
}
