// How notices and their messages are spoken of: kinds, states, reasons.

import { shallowRef, watch } from "vue";
import type { ShallowRef } from "vue";

import { get } from "@/api/http";
import { locale, t, word } from "@/words";

export type Tone = "" | "good" | "warn" | "alert" | "info";

const TONES: Record<string, Tone> = { confirmed: "good", sent: "good", leased: "info", retrying: "warn", uncertain: "warn", dead: "alert" };

export function toneOf(state: string): Tone {
  return TONES[state] ?? "";
}

// What a code means; that of a vendor stands for itself, and an HTTP status is named.
export function reasonOfCode(code: string): string {
  if (!code) return "";
  const known = word("delivery_codes", code);
  if (known !== code) return known;
  const status = /^(?:token_)?http_(\d+)$/.exec(code)?.[1];
  return status ? t("notices.http", { status }) : code;
}

// What each kind of notice is called, in the language of the screen.
export function useKinds(): ShallowRef<Record<string, string>> {
  const kinds = shallowRef<Record<string, string>>({});
  watch(
    locale,
    async (spoken) => {
      const found = await get<{ names: Record<string, string> }>("/notifications/kinds", { locale: spoken }).catch(() => null);
      if (found) kinds.value = found.names;
    },
    { immediate: true },
  );
  return kinds;
}
