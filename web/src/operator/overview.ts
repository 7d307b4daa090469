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
  alerts?: Funnel;
}

export interface Funnel {
  notices: { template: string; made: number; delivered: number; seen: number; acted: number; closed: number }[];
}

export const STATES = ["pending_payment", "placed", "accepted", "preparing", "ready", "handed_over"] as const;
