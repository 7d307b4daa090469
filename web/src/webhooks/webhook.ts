// A shop's webhooks and what went to them, as the API says; and the deeds that change them.

import { post } from "@/api/http";
import { newKey } from "@/api/idempotency";
import type { Json } from "@paidan/realtime";

export interface Webhook {
  id: string;
  kind: "push" | "pull";
  url: string;
  description: string;
  event_types: string[];
  is_enabled: boolean;
  disabled_code: string;
  failing_since: string | null;
  old_secret_until: string | null;
  waiting: { count: number; since: string | null };
}

export interface Sent {
  id: number;
  type: string;
  thing: string;
  state: string;
  attempts: number;
  code: string;
  is_replay: boolean;
  created_at: string;
  due_at: string | null;
}

export interface Story {
  type: string;
  message_id: string;
  body: string;
  tries: { number: number; started_at: string; code: string }[];
}

export interface Wishes {
  url?: string; // none for a program that asks
  event_types: string[];
  description: string;
}

// Families of events, as "order.*", out of all that there are to ask for.
export function familiesOf(types: readonly string[]): string[] {
  return types.filter((name) => name.endsWith(".*"));
}

export function register(shop: string, wishes: Wishes): Promise<Webhook & { secret: string }> {
  return post(`/merchants/${shop}/webhooks`, { ...wishes }, { "Idempotency-Key": newKey() });
}

// `name` as in the path: "rotate-secret".
export function act<T = Json>(webhook: string, name: string, body: Json = {}): Promise<T> {
  return post(`/webhooks/${webhook}/${name}`, body, { "Idempotency-Key": newKey() });
}
