// How the whole stands, as the operators' overview says.

export interface Overview {
  at: string;
  orders: { live: number; by_state: Record<string, number> };
  deadlines: { late_count: number; next: { kind: string; subject: string; due_at: string }[] };
  flagged: { id: string; number: number; state: string; merchant: { id: string; name: string } }[];
  attended?: Record<string, string>; // order -> who takes care of it
  boards?: { id: string; name: string; why: string[] }[];
  paused?: { id: string; name: string; cause: string; paused_until: string | null }[];
  couriers?: { id: string; name: string; latitude: number | null; longitude: number | null; active_count: number }[];
  zones?: { id: string; name: string; matching: string; is_owned: boolean; planned_at: string | null }[];
  webhooks?: { ailing: { id: string; merchant_id: string; merchant_name: string; is_enabled: boolean; failing_since: string | null; disabled_code: string }[] };
  alerts?: { notices: Kind[] };
  arrivals?: Arrivals;
  queues?: Queue[];
  push_circuits?: Circuit[];
}

// Notices of one kind in the last day, and how far they came.
export interface Kind {
  template: string;
  needs_act: boolean;
  made: number;
  delivered: number;
  seen: number;
  acted: number;
  closed: number;
}

// From COMMIT to the first screen that confirmed, in the last hour; real seconds.
export interface Arrivals {
  count: number;
  p50_seconds: number | null;
  p95_seconds: number | null;
  lost_count: number;
  duplicate_count: number;
}

export interface Queue {
  queue: string;
  due_count: number;
  oldest_seconds: number;
  server_count: number;
  alarm: string;
}

// An origin of push services that nothing is sent to.
export interface Circuit {
  origin: string;
  code: string;
  is_stopped: boolean;
  opened_at: string;
  until: string;
  is_asking: boolean;
}

export const STATES = ["pending_payment", "placed", "accepted", "preparing", "ready", "handed_over"] as const;

export function isQueueIll(queue: Queue): boolean {
  return Boolean(queue.alarm) || (queue.due_count > 0 && queue.server_count === 0);
}

// A span of real time in as few signs as tell it apart.
export function spanOf(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}
