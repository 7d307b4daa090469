// Finds notices: of an order, of a person, or one by its id.

import { byId, h, keyed } from "./dom.js";
import { kindName, standingOf, stateBadge } from "./notice-words.js";
import { explain } from "./overlays.js";
import { get } from "./shell.js";
import { momentOf, t } from "./words.js";

const WAIT_MS = 250;

let waiting = 0;
let asked = 0;

async function search(query) {
  const turn = ++asked;
  const { items } = query ? await get(`/api/v1/operator/notices?${new URLSearchParams({ query })}`) : { items: [] };
  if (turn === asked) show(items);
}

function show(items) {
  const shown = items.length ? items : [null];
  keyed(byId("notices"), shown, {
    key: (notice) => notice?.id ?? "none",
    stamp: (notice) => (notice ? JSON.stringify(notice) : ""),
    build: (notice) => (notice ? row(notice) : h("tr", {}, h("td", { colspan: 5, class: "muted" }, t("notices.none")))),
  });
}

function row(notice) {
  return h(
    "tr",
    { "data-notice": notice.id },
    h("td", { class: "number" }, momentOf(notice.created_at)),
    h("td", {}, h("a", { href: `/operator/notices/${notice.id}` }, notice.title || kindName(notice.template))),
    h("td", { class: "number" }, notice.order_id ? h("a", { href: `/operator?order=${notice.order_id}` }, `#${notice.order_number ?? ""}`) : "–"),
    h("td", {}, standingOf(notice)),
    h("td", {}, h("span", { class: "row" }, Object.entries(notice.messages).map(([state, count]) => stateBadge(state, count)))),
  );
}

function ask(query) {
  history.replaceState(null, "", query ? `?${new URLSearchParams({ query })}` : location.pathname);
  search(query).catch(explain);
}

byId("search").addEventListener("submit", (event) => event.preventDefault());
byId("search").addEventListener("input", (event) => {
  clearTimeout(waiting);
  waiting = setTimeout(() => ask(event.target.value.trim()), WAIT_MS);
});
const wanted = new URLSearchParams(location.search).get("query") ?? "";
byId("search").elements.query.value = wanted;
ask(wanted);
