// An order as its views say, for the screens that show one.

export interface OrderLine {
  id: string;
  item_id: string;
  name: string;
  unit_minor: number;
  quantity: number;
  ordered_quantity: number;
}

export interface Leg {
  id: string;
  state: string;
  courier: { id: string; name: string; phone: string } | null;
  eta_at: string | null;
  created_at: string | null;
  near_pickup_at: string | null;
  near_dropoff_at: string | null;
  search_waits_until: string | null;
  search_escalated_at: string | null;
  failure_reason: string;
  failure_photo: string | null;
  proof: { kind: string; at: string; is_verified: boolean; url: string | null } | null;
  return_by?: string | null;
}

export interface Order {
  id: string;
  number: number;
  state: string;
  group: string;
  version: number;
  fulfilment: "delivery" | "pickup";
  merchant: { id: string; name: string; latitude: number; longitude: number; address?: string; phone?: string };
  customer: { name: string };
  contact: { name: string; phone: string };
  dropoff: { address: string; latitude: number; longitude: number } | null;
  lines: OrderLine[];
  currency: string;
  items_minor: number;
  delivery_fee_minor: number;
  total_minor: number;
  payment: { method: string; state: string | null; refunded_minor: number; kept_minor: number; pay_url?: string };
  note: string;
  is_contactless: boolean;
  times: Record<string, string | null>;
  delay_minutes: number;
  cancellation: { requested_at: string; reason: string } | null;
  cancel: { reason: string; party: string; mode: string } | null;
  hold: { at: string; reason: string } | null;
  nudge: { at: string; count: number; reply: string } | null;
  proposal: unknown;
  pickup_proposed_at: string | null;
  is_flagged: boolean;
  deadlines: Record<string, string>;
  next_deadline: { kind: string; due_at: string; outcome: string } | null;
  allowed: string[];
  leg: Leg | null;
  handover_code?: string;
  handover_qr?: string;
  open: boolean;
  ended_at: string | null;
}
