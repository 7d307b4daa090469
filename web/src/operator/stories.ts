// The whole story of one notice, as the API tells it.

import type { Fact } from "./facts";
import type { Standings } from "./Standing.vue";

export interface Try {
  number: number;
  started_at: string;
  took_ms: number;
  outcome: string;
  code: string;
  provider: string;
  provider_id: string;
  device: { kind: string; service: string; gone_at: string | null } | null;
}

export interface StoryStep {
  id: string;
  person_id: string | null;
  channel: string;
  step: number;
  condition: string;
  is_loud: boolean;
  state: string;
  due_at: string;
  lease_until: string | null;
  provider: string;
  provider_id: string;
  code: string;
  ask_at: string | null;
  replay_count: number;
  tries: Try[];
  can_replay: boolean;
  needs_confirmation: boolean;
}

export interface Recipient {
  person: { id: string; name: string };
  locale: string;
  title: string;
  body: string;
  delivered_at: string | null;
  seen_at: string | null;
  acted_at: string | null;
}

export interface Story extends Standings {
  id: string;
  template: string;
  category: string;
  policy: string;
  needs_act: boolean;
  order_id: string | null;
  order_number: number | null;
  created_at: string;
  expires_at: string | null;
  delivered_at: string | null;
  seen_at: string | null;
  acted_by: string | null;
  close_code: string;
  charged_count: number;
  recipients: Recipient[];
  deliveries: StoryStep[];
  fact: Fact | null;
  history: Fact[];
  people: Record<string, string>;
}
