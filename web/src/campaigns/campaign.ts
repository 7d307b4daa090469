// Campaigns as the API says, and how often people may be told, in words.

import { t } from "@/words";
import type { Locale } from "@/words";

export interface Message {
  title: string;
  body: string;
}

export type Messages = Record<Locale, Message>;

export const COUNTS = ["planned", "sent", "delivered", "opened", "unsubscribed"] as const;
export const LANGUAGES: readonly (readonly [locale: Locale, name: string])[] = [["zh-CN", "中文"], ["en", "English"]];

export interface Campaign extends Record<`${(typeof COUNTS)[number]}_count`, number> {
  id: string;
  words: Messages;
  state: "draft" | "running" | "stopped" | "ended";
  starts_at: string;
  expires_at: string;
}

export interface Terms {
  audience_count: number;
  wording: Record<Locale, string>;
  caps: { days: number; most: number }[];
  longest_days: number;
}

export function capsText({ caps }: Terms): string {
  const list = caps.map(({ days, most }) => t(days === 1 ? "campaigns.cap_of_day" : "campaigns.cap", { days, most }));
  return t("campaigns.caps", { list: list.join(t("campaigns.and")) });
}
