// The words of the screens, Chinese first: `t("board.title")`, and how values are written.

import { computed, ref } from "vue";

import en from "@words/en.json";
import zh from "@words/zh-CN.json";

import { hasIntl, plainMoment, plainMoney } from "@/platform/plainly";
import { keep, recall } from "@/platform/storage";

export type Locale = "zh-CN" | "en";
type Values = Record<string, string | number | null | undefined>;

const WORDS: Record<Locale, unknown> = { "zh-CN": zh, en };
const KEPT = "locale";
const DAY_MS = 86_400_000;

export const locale = ref<Locale>(recall<Locale>(KEPT) ?? firstLocale());
const words = computed(() => WORDS[locale.value]);

// Chinese, unless the device asks for English.
function firstLocale(): Locale {
  return uni.getLocale().toLowerCase().startsWith("en") ? "en" : "zh-CN";
}

export function speak(chosen: Locale): void {
  locale.value = chosen;
  keep(KEPT, chosen);
  uni.setLocale(chosen === "en" ? "en" : "zh-Hans");
  // #ifdef H5
  document.documentElement.lang = chosen;
  // #endif
}

function find(path: string): unknown {
  return path.split(".").reduce<unknown>((group, name) => (group as Record<string, unknown> | undefined)?.[name], words.value);
}

// The words at "group.name" with `{name}` filled in; an unknown path shows itself.
export function t(path: string, values: Values = {}): string {
  const text = find(path);
  if (typeof text !== "string") return path;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

// The word for a value of the system in `group`; the value itself when there is none.
export function word(group: string, value: unknown): string {
  const text = (find(group) as Record<string, unknown> | undefined)?.[String(value)];
  return typeof text === "string" ? text : String(value ?? "");
}

// An amount in the smallest unit of its currency: fen, cents.
export function money(minor: number, currency: string): string {
  if (!hasIntl) return plainMoney(minor / 100, currency);
  const style = { style: "currency", currency, currencyDisplay: "narrowSymbol" } as const;
  return new Intl.NumberFormat(locale.value, style).format(minor / 100);
}

export function timeOf(moment: string | number | null | undefined): string {
  if (!moment) return "";
  return written(moment, { hour: "2-digit", minute: "2-digit" });
}

export function dateAndTimeOf(moment: string | number | null | undefined): string {
  if (!moment) return "";
  return written(moment, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

// The day of a moment, where this device is.
export function dayOf(moment: string | number): string {
  const at = new Date(moment);
  const ago = new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0);
  if (Math.round(ago / DAY_MS) === 0) return t("inbox.today");
  if (Math.round(ago / DAY_MS) === 1) return t("inbox.yesterday");
  const year = at.getFullYear() === new Date().getFullYear() ? {} : ({ year: "numeric" } as const);
  return written(moment, { month: "short", day: "numeric", weekday: "short", ...year });
}

// A moment to the second, for what has to be told apart.
export function momentOf(moment: string | number | null | undefined): string {
  if (!moment) return "";
  return written(moment, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function written(moment: string | number, options: Intl.DateTimeFormatOptions): string {
  if (!hasIntl) return plainMoment(new Date(moment), locale.value, options);
  return new Intl.DateTimeFormat(locale.value, { ...options, hourCycle: "h23" }).format(new Date(moment));
}

export function distance(metres: number): string {
  if (metres >= 1000) return `${(metres / 1000).toFixed(1)} km`;
  return `${Math.round(metres / 10) * 10} m`;
}
