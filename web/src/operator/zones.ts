// A zone's settings and its last plan, as the API says.

import type { Fact } from "./facts";

export interface Field {
  name: string;
  choices?: string[];
  least?: number;
  most?: number;
  is_whole?: boolean;
}

export interface Group {
  group: string;
  fields: Field[];
}

export type Settings = Record<string, number | string | null> & { version: number };

export interface ZoneChange {
  version: number;
  at: string;
  actor: Fact["actor"];
  reason: string;
  changes: Record<string, [number | string, number | string]>;
}

export interface ZoneWay {
  name: string;
  settings: Settings;
  groups: Group[];
  changes: ZoneChange[];
  people: Record<string, string>;
}

export interface PlannedLeg {
  id: string;
  order_id: string | null;
  number: number;
  shop: string;
  status: string;
  is_pinned: boolean;
  dropoff_at: string;
}

export interface ZonePlan {
  owner: string | null;
  plan: {
    planned_at: string;
    took_ms: number;
    rounds: number;
    couriers: { id: string; name: string; carried_count: number; trips: { leave_at: string; pickup_at: string; legs: PlannedLeg[] }[] }[];
    unplanned: (PlannedLeg & { why: Record<string, number> })[];
    unplanned_count: number;
  } | null;
}
