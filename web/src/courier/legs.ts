// A courier's offers and jobs as their views say, and a job after the steps that still wait.

import type { StepQueue } from "./queue";

export interface Place {
  id?: string;
  name?: string;
  address: string;
  phone?: string;
  latitude: number;
  longitude: number;
}

export interface Offer {
  id: string;
  state: string;
  merchant: Place & { id: string; name: string };
  distance_metres: number;
  trip_metres: number;
  fee_minor: number;
  bonus_minor: number;
  currency: string;
  offered_at: string;
  expires_at: string;
  ready_at: string | null;
  reason_code: string;
  open: boolean;
}

export interface Job {
  id: string;
  order_id: string;
  number: number;
  state: string;
  order_state: string;
  version: number;
  merchant: Place & { id: string; name: string };
  dropoff: Place | null;
  contact: { name: string; phone: string };
  lines_count: number;
  note: string;
  is_contactless: boolean;
  proof_kinds: string[];
  failure_reason: string;
  return_by: string | null;
  collect_minor: number;
  currency: string;
  fee_minor: number;
  bonus_minor: number;
  promised_ready_at: string | null;
  ready_at: string | null;
  why: string;
  allowed: string[];
  suggested: string | null;
  open: boolean;
  waiting?: number; // steps that wait to be sent
}

export interface Shift {
  id: string;
  state: string;
  vehicle: string;
  wait_at: { name: string; until: string } | null;
}

const AFTER: Record<string, string> = {
  "leg.arrive_pickup": "at_pickup", "leg.pick_up": "picked_up", "leg.arrive_dropoff": "at_dropoff",
  "leg.deliver": "delivered", "leg.fail": "failed", "leg.start_return": "returning",
};
const NEXT: Record<string, string[]> = {
  at_pickup: ["pick_up"], picked_up: ["arrive_dropoff", "deliver", "fail"], at_dropoff: ["deliver", "fail"], failed: ["return"],
};
const MAIN = ["pick_up", "arrive_pickup", "deliver", "arrive_dropoff", "return"];

// The job as this device knows it: the server's newest word, and what waits on top of it.
export function after(job: Job, queue: StepQueue): Job {
  const answered = queue.answers.get(job.id) as Job | undefined;
  const known = answered && answered.version > job.version ? answered : job;
  const waiting = queue.waiting(job.id);
  const last = waiting[waiting.length - 1];
  if (!last) return known;
  const state = AFTER[last.name] ?? known.state;
  return { ...known, state, allowed: NEXT[state] ?? [], waiting: waiting.length };
}

export function mainStep(job: Job): string | null {
  if (job.state === "at_pickup" && !job.allowed.includes("pick_up")) return null;
  if (job.state === "assigned") return "arrive_pickup";
  if (job.state === "picked_up") return "arrive_dropoff";
  return MAIN.find((step) => job.allowed.includes(step)) ?? null;
}
