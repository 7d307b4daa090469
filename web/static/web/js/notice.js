// Everything that happened to one notice: its cause, its people, each step and each attempt.

import { byId, h, keyed } from "./dom.js";
import { kindName, reasonOf, standingOf, stateBadge } from "./notice-words.js";
import { replayOne } from "./replay.js";
import { get } from "./shell.js";
import { data, momentOf, t, word } from "./words.js";

const REFRESH_MS = 2_000;

async function refresh() {
  show(await get(`/api/v1/notices/${data.notice_id}`));
}

function show(notice) {
  const names = (id) => notice.people[id] ?? "";
  byId("title").textContent = notice.recipients[0]?.title ?? kindName(notice.template);
  byId("standing").replaceChildren(standingOf(notice), h("span", { class: "badge" }, word("categories", notice.category)), notice.needs_act ? h("span", { class: "badge warn" }, t("notices.needs_act")) : "");
  const stamp = JSON.stringify({ ...notice, deliveries: null, history: null });
  if (byId("facts").dataset.stamp !== stamp) byId("facts").replaceChildren(...factsOf(notice, names));
  byId("facts").dataset.stamp = stamp;
  keyed(byId("recipients"), notice.recipients, { key: (row) => row.person.id, stamp: JSON.stringify, build: recipient });
  keyed(byId("steps"), notice.deliveries, { key: (row) => row.id, stamp: (row) => JSON.stringify([row, names(row.person_id)]), build: (row) => step(row, names) });
  keyed(byId("history"), notice.history, { key: (each) => `${each.at} ${each.type} ${JSON.stringify(each.data)}`, stamp: () => "", build: (each) => fact(each, names) });
}

function factsOf(notice, names) {
  const told = [
    [t("notices.kind"), `${kindName(notice.template)} (${notice.template}, ${notice.policy})`],
    [t("notices.order"), notice.order_id && h("a", { href: `/operator?order=${notice.order_id}` }, `#${notice.order_number ?? ""}`)],
    [t("notices.cause"), notice.fact && `${word("events", notice.fact.type)} · ${actorOf(notice.fact, names)} · ${momentOf(notice.fact.at)}`],
    [t("notices.made"), momentOf(notice.created_at)],
    [t("notices.of_use_until"), momentOf(notice.expires_at)],
    [t("notices.delivered"), momentOf(notice.delivered_at)],
    [t("notices.seen"), momentOf(notice.seen_at)],
    [t("notices.acted"), notice.acted_at && `${momentOf(notice.acted_at)} · ${names(notice.acted_by)}`],
    [t("notices.closed"), notice.closed_at && `${momentOf(notice.closed_at)} · ${word("events", notice.close_code)}`],
    [t("notices.charged"), notice.charged_count || ""],
    [t("notices.id"), h("code", {}, notice.id)],
  ];
  return told.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
}

function recipient(row) {
  return h(
    "tr",
    { "data-recipient": row.person.id },
    h("td", {}, row.person.name, " ", h("span", { class: "badge" }, row.locale)),
    h("td", { lang: row.locale }, h("b", {}, row.title), h("br"), h("span", { class: "muted" }, row.body)),
    ...[row.delivered_at, row.seen_at, row.acted_at].map((at) => h("td", { class: "number" }, momentOf(at) || "–")),
  );
}

function step(row, names) {
  const again = async () => {
    if (await replayOne(row)) await refresh();
  };
  return h(
    "li",
    { class: "card stack", "data-delivery": row.id, "data-state": row.state },
    h(
      "div",
      { class: "spread wrap" },
      h("h3", {}, `${row.step}. ${word("channels", row.channel)}`, row.person_id ? ` · ${names(row.person_id)}` : ""),
      h("span", { class: "row" }, stateBadge(row.state), row.can_replay ? h("button", { "data-deed": "replay", onclick: again }, t("dead_letters.replay")) : ""),
    ),
    h("dl", { class: "facts small" }, detailsOf(row)),
    row.tries.length ? attempts(row.tries) : "",
  );
}

function detailsOf(row) {
  const told = [
    [t("notices.due"), momentOf(row.due_at)],
    [t("notices.why"), h("span", { title: row.code }, reasonOf(row.code))],
    [t("notices.only_if"), row.condition === "undelivered" && t("notices.undelivered")],
    [t("notices.how"), row.is_loud && t("notices.loud")],
    [t("notices.vendor"), row.provider && `${row.provider} ${row.provider_id}`],
    [t("notices.lease_until"), row.state === "leased" && momentOf(row.lease_until)],
    [t("notices.asked_at"), momentOf(row.ask_at)],
    [t("notices.replays"), row.replay_count || ""],
  ];
  const said = (value) => (value instanceof Node ? value.textContent : value);
  return told.filter(([, value]) => said(value)).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
}

function attempts(tries) {
  const heads = ["attempt", "begun", "took", "device", "outcome"].map((name) => h("th", {}, t(`notices.${name}`)));
  return h("div", { class: "scroll" }, h("table", { class: "small" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, tries.map(attempt))));
}

function attempt(each) {
  const { device } = each;
  const where = device ? `${word("device_kinds", device.kind)} ${device.service}` : [each.provider, each.provider_id].filter(Boolean).join(" ");
  return h(
    "tr",
    { "data-try": each.number },
    h("td", { class: "number" }, each.number),
    h("td", { class: "number" }, momentOf(each.started_at)),
    h("td", { class: "number" }, t("notices.ms", { n: each.took_ms })),
    h("td", {}, where || "–", device?.gone_at ? h("span", { class: "badge warn" }, t("notices.gone")) : ""),
    h("td", {}, word("outcomes", each.outcome), each.code ? h("span", { class: "muted", title: each.code }, ` · ${reasonOf(each.code)}`) : ""),
  );
}

function actorOf({ actor }, names) {
  return [word("actors", actor.type), names(actor.id), actor.device].filter(Boolean).join(" · ");
}

function fact(each, names) {
  const { step: number, reason } = each.data;
  const more = [number === undefined ? "" : t("notices.step", { n: number }), reason ? `“${reason}”` : ""].filter(Boolean).join(" · ");
  return h("li", {}, h("time", { class: "muted number" }, momentOf(each.at)), h("span", {}, word("events", each.type), " ", more, " ", h("span", { class: "muted" }, actorOf(each, names))));
}

async function keepFresh() {
  if (!document.hidden) await refresh().catch(() => null);
  setTimeout(keepFresh, REFRESH_MS);
}

byId("zone").textContent = t("notices.zone", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
keepFresh();
