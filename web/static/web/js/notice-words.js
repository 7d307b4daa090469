// How notices and their messages are spoken of: kinds, states, reasons, moments.

import { h } from "./dom.js";
import { hub } from "./shell.js";
import { data, momentOf, t, word } from "./words.js";

const TONE = {
  confirmed: "good",
  sent: "good",
  leased: "info",
  retrying: "warn",
  uncertain: "warn",
  dead: "alert",
};

export function kindName(template) {
  return data.kinds?.[template] ?? template;
}

export function stateBadge(state, count = 0) {
  const said = word("delivery_states", state);
  return h("span", { class: `badge ${TONE[state] ?? ""}`, "data-state": state }, count > 1 ? `${said} ${count}` : said);
}

// What a code means; that of a vendor stands for itself, and an HTTP status is named.
export function reasonOf(code) {
  if (!code) return "";
  const known = word("delivery_codes", code);
  if (known !== code) return known;
  const status = code.match(/^(?:token_)?http_(\d+)$/);
  return status ? t("notices.http", { status: status[1] }) : code;
}

// How a notice as a whole stands, with the moment.
export function standingOf(notice) {
  if (notice.acted_at) return h("span", { class: "badge good", "data-standing": "acted" }, t("notices.is_acted"), " ", momentOf(notice.acted_at));
  if (notice.closed_at) return h("span", { class: "badge", "data-standing": "closed" }, t("notices.is_closed"), " ", momentOf(notice.closed_at));
  if (notice.expires_at && notice.expires_at < new Date(hub.now()).toISOString()) return h("span", { class: "badge warn", "data-standing": "expired" }, t("notices.is_expired"));
  return h("span", { class: "badge info", "data-standing": "open" }, t("notices.is_open"));
}
