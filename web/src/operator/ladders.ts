// Ladders as the API says: whose they are, their steps, and who changed them.

import type { Json } from "@paidan/realtime";

import { word } from "@/words";

import type { Fact } from "./facts";

export interface Step {
  channel: string;
  after_seconds: number;
  condition: string;
  contacts: string;
  is_loud: boolean;
}

export interface LadderKind {
  template: string;
  channels: string[];
}

export interface Ladder {
  scope: string;
  template: string | null;
  role: string;
  category: string;
  merchant_id: string | null;
  version: number;
  steps: Step[] | null; // null: nothing was set
  kinds: LadderKind[];
}

export interface LadderChange {
  version: number;
  at: string;
  actor: Fact["actor"];
  reason: string;
}

export interface OneLadder {
  ladder: Ladder;
  counting: Record<string, { ladder: string; steps: Step[] }>;
  changes: LadderChange[];
  people: Record<string, string>;
}

export interface AllLadders {
  items: Ladder[];
  limits: { most_steps: number; last_seconds: number };
}

// What happens at a moment to a notice that nobody reacts to.
export interface Happening {
  at: string;
  after_seconds: number;
  what: string;
  condition: string;
  contacts: string;
  is_loud: boolean;
  words: string;
}

export interface LadderFault {
  code: string;
  step: number | null; // null: it is of the whole
}

export function nameOf(ladder: Ladder): string {
  return ladder.template ? word("ladder_notices", ladder.template) : `${word("ladder_roles", ladder.role)} · ${word("categories", ladder.category)}`;
}

// Whose notices a command is about.
export function scopeOf({ template, role, category, merchant_id }: Ladder): Json {
  return { ...(template ? { template } : { role, category }), ...(merchant_id && { merchant_id }) };
}

export function pathOf({ template, role, category }: Ladder): string {
  return template ? `/ladders/kinds/${template}` : `/ladders/groups/${role}/${category}`;
}

// Seconds as one says them: "1:30" or "45 s".
export function afterOf(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
