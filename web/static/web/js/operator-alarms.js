// What calls for an operator: one tap says that somebody takes care, on every desk.

import { byId, h, keyed } from "./dom.js";
import { acknowledge, notices, onNotices } from "./shell.js";
import { t, timeOf } from "./words.js";

// Show the open alarms and keep them true; `open` shows an order.
export function showAlarms(open) {
  onNotices(() => {
    const alarms = [...notices.values()].filter((notice) => notice.category === "operations" && notice.needs_act);
    alarms.sort((a, b) => a.created_at.localeCompare(b.created_at));
    byId("alarm-card").hidden = alarms.length === 0;
    keyed(byId("alarms"), alarms, {
      key: (notice) => notice.id,
      stamp: (notice) => notice.created_at,
      build: (notice) => alarm(notice, open),
    });
  });
}

function alarm(notice, open) {
  const [kind, id] = notice.subject.split(":");
  return h(
    "li",
    { class: "note alert stack", "data-alarm": notice.template },
    h("p", { class: "spread" }, h("b", {}, notice.title), h("time", { class: "muted small" }, timeOf(notice.created_at))),
    h("p", {}, notice.body),
    h(
      "div",
      { class: "deeds" },
      h("button", { class: "main", "data-deed": "take_care", onclick: () => acknowledge([notice]) }, t("operator.take_care")),
      kind === "order" ? h("button", { "data-deed": "look", onclick: () => open(id) }, t("operator.look")) : "",
    ),
  );
}
