// What the end card says, and the files it can be taken home as.

import { t, word } from "@/words";

export interface Audit {
  state: "running" | "done" | "failed";
  why?: string;
  at: string;
  is_right: boolean;
  orders: { count: number; endings: Record<string, number> };
  events: { count: number; streams: number; lost: number; duplicates: number; gaps_repaired: number; reconnects: number };
  payments: { captured: number; given_back: number };
  alerts: { notices: number; sent: Record<string, number>; visible_duplicates: number; end_states: Record<string, number> };
  problems: string[];
}

export interface Fact {
  name: string;
  value: string;
  isGrave: boolean;
}

export function factsOf(audit: Audit): Fact[] {
  const { orders, events, payments, alerts } = audit;
  const list = (counts: Record<string, number>) => Object.entries(counts).map(([name, count]) => `${word("demo_ends", name)} ${count}`).join(" · ");
  const rows: [string, string | number, boolean?][] = [
    ["orders", orders.count],
    ["endings", Object.entries(orders.endings).map(([end, count]) => `${endOf(end)} ${count}`).join(" · ")],
    ["events", t("demo.audit_events_in", { n: events.count, streams: events.streams })],
    ["lost", events.lost, events.lost > 0],
    ["duplicates", events.duplicates + alerts.visible_duplicates, events.duplicates + alerts.visible_duplicates > 0],
    ["repaired", t("demo.audit_repaired_by", { n: events.gaps_repaired, reconnects: events.reconnects })],
    ["payments", t("demo.audit_money", { n: payments.captured, back: payments.given_back })],
    ["alerts", `${alerts.notices} (${list(alerts.sent)})`],
    ["alert_ends", list(alerts.end_states)],
  ];
  return rows.map(([name, value, isGrave = false]) => ({ name, value: String(value), isGrave }));
}

// "completed", "cancelled accept_expired" or "still placed" in words.
function endOf(end: string): string {
  const [first = "", second = ""] = end.split(" ");
  if (first === "still") return `${word("demo_ends", "still")} ${word("states", second)}`;
  return second ? `${word("states", first)} (${word("reasons", second)})` : word("states", first);
}

export function download(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// A page that reads well without us.
export function pageOf(audit: Audit): string {
  const safe = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const rows = factsOf(audit).map(({ name, value }) => `<tr><th>${safe(word("demo_facts", name))}</th><td>${safe(value)}</td></tr>`);
  const problems = audit.problems.map((problem) => `<li>${safe(problem)}</li>`).join("");
  const style = "body{font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}th{padding-right:2rem;text-align:left;white-space:nowrap;vertical-align:top}";
  return `<!doctype html><meta charset="utf-8"><title>${safe(t("demo.audit"))}</title><style>${style}</style><h1>${safe(t(audit.is_right ? "demo.audit_right" : "demo.audit_wrong"))}</h1><p>${safe(t("demo.simulated"))} · ${safe(audit.at)}</p><table>${rows.join("")}</table><ul>${problems}</ul>`;
}
