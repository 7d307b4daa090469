// What did not arrive: found by what went wrong, and sent again one by one or together.

import { byId, h, keyed } from "./dom.js";
import { kindName, reasonOf, stateBadge } from "./notice-words.js";
import { replayAll, replayOne } from "./replay.js";
import { get, hub } from "./shell.js";
import { data, momentOf, t, word } from "./words.js";

const REFRESH_MS = 3_000;
const LIMIT = 50;
const MOST = 100;
const form = byId("filters");

let shown = LIMIT;
let found = { items: [], groups: [] };

// What the form asks for, as the API names it.
function wanted() {
  const { state, channel, template, code, hours } = Object.fromEntries(new FormData(form));
  const since = new Date(hub.now() - Number(hours) * 3_600_000).toISOString();
  const given = Object.fromEntries(Object.entries({ state, channel, template, code }).filter(([, value]) => value));
  return { ...given, since, with_deviceless: form.elements.with_deviceless.checked };
}

async function refresh() {
  const search = new URLSearchParams({ ...wanted(), limit: shown });
  found = await get(`/api/v1/notifications/dead-letters?${search}`);
  showCount();
  showCodes();
  showLetters();
}

function showCount() {
  const count = found.groups.reduce((sum, group) => sum + group.count, 0);
  byId("count").textContent = t("dead_letters.count", { n: count });
  byId("replay-all").disabled = !found.items.some((row) => row.can_replay);
  byId("more").hidden = !found.next || shown >= MOST;
}

// The reasons that there are; what is chosen stays even when nothing is left of it.
function showCodes() {
  const select = form.elements.code;
  const codes = [...new Set([...found.groups.map(({ code }) => code), select.value])].filter(Boolean).sort();
  const listed = [...select.options].slice(1).map((option) => option.value);
  if (select.value === "" && codes.join() !== listed.join()) {
    select.replaceChildren(select.options[0], ...codes.map((code) => h("option", { value: code }, reasonOf(code))));
  }
}

function showLetters() {
  keyed(byId("letters"), found.items.length ? found.items : [null], {
    key: (row) => row?.id ?? "none",
    stamp: (row) => (row ? JSON.stringify(row) : ""),
    build: (row) => (row ? letter(row) : h("tr", {}, h("td", { colspan: 7, class: "muted" }, t("dead_letters.none")))),
  });
}

function letter(row) {
  const again = async () => {
    if (await replayOne(row)) await refresh();
  };
  const order = row.order_id ? h("a", { class: "number", href: `/operator?order=${row.order_id}` }, ` #${row.order_number ?? ""}`) : "";
  return h(
    "tr",
    { "data-delivery": row.id, "data-state": row.state },
    h("td", { class: "number" }, momentOf(row.at)),
    h("td", {}, h("a", { href: `/operator/notices/${row.notice_id}` }, kindName(row.template)), order),
    h("td", {}, row.person?.name ?? "–"),
    h("td", {}, word("channels", row.channel)),
    h("td", {}, h("span", { class: "row" }, stateBadge(row.state), h("span", { title: row.code }, reasonOf(row.code)))),
    h("td", { class: "number" }, row.attempts, " ", row.replay_count ? h("span", { class: "badge" }, t("dead_letters.again", { n: row.replay_count })) : ""),
    h("td", {}, row.can_replay ? h("button", { "data-deed": "replay", onclick: again }, t("dead_letters.replay")) : h("span", { class: "muted small" }, word("errors", row.why_not))),
  );
}

async function all() {
  const count = found.items.filter((row) => row.can_replay).length;
  const hasDoubtful = found.groups.some((group) => group.state === "uncertain");
  if (await replayAll(wanted(), { count: found.next ? `${count}+` : count, hasDoubtful })) await refresh();
}

async function keepFresh() {
  if (!document.hidden) await refresh().catch(() => null);
  setTimeout(keepFresh, REFRESH_MS);
}

form.elements.template.append(...Object.entries(data.kinds).map(([value, name]) => h("option", { value }, name)));
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", () => {
  shown = LIMIT;
  refresh().catch(() => null);
});
byId("more").addEventListener("click", () => {
  shown = MOST;
  refresh().catch(() => null);
});
byId("replay-all").addEventListener("click", all);
keepFresh();
