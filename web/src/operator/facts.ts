// Facts of an order's or a shop's timeline, as operators read them.

import type { Json } from "@paidan/realtime";

import { t, timeOf, word } from "@/words";

export interface Fact {
  id: string;
  type: string;
  subject: string;
  at: string;
  actor: { type: string; id?: string; reason?: string };
  data: Json;
}

export interface Timeline {
  items: Fact[];
  people?: Record<string, string>;
}

// Groups that name a fact's own `reason` or `cause`.
const GROUPS = ["reasons", "failures", "pause_causes", "causes"] as const;

// Why it came to be: what an operator said, what the system decided by, whom it concerns.
export function reasonsOf({ actor, data }: Fact, people: Record<string, string>): string {
  const said = actor.reason ?? "";
  const own = [data["reason"], data["cause"]].filter((each): each is string => typeof each === "string" && each !== "" && each !== said);
  const courier = people[String(data["courier_id"] ?? "")];
  const until = typeof data["paused_until"] === "string" ? t("store.is_paused", { until: timeOf(data["paused_until"]) }) : "";
  return [...own.map(named), said && quoted(said), courier, until].filter(Boolean).join(" · ");
}

function named(value: string): string {
  for (const group of GROUPS) {
    const known = word(group, value);
    if (known !== value) return known;
  }
  return quoted(value);
}

// An operator may name a reason of the list in place of words of their own.
function quoted(text: string): string {
  const known = word("reasons", text);
  return known === text ? t("operator.said", { text }) : known;
}
