// Campaigns: drafted in both languages, looked at, sent to those who agreed, stopped, and counted.

import { byId, h, keyed } from "./dom.js";
import { ask, explain, toast } from "./overlays.js";
import { get, hub, post } from "./shell.js";
import { data, dateAndTimeOf, locale, t, word } from "./words.js";

const REFRESH_MS = 3_000;
const DAY_MS = 86_400_000;
const LOCALES = ["zh-CN", "en"];
const TONE = { running: "good", stopped: "warn", draft: "info" };
const COUNTS = ["planned", "sent", "delivered", "opened", "unsubscribed"];
const form = byId("draft");

async function refresh() {
  const search = data.merchant_id ? `?${new URLSearchParams({ merchant_id: data.merchant_id })}` : "";
  const { items } = await get(`/api/v1/campaigns${search}`);
  byId("campaigns").querySelector(".loading")?.remove();
  keyed(byId("campaigns"), items.length ? items : [null], {
    key: (campaign) => campaign?.id ?? "none",
    stamp: (campaign) => (campaign ? JSON.stringify(campaign) : ""),
    build: (campaign) => (campaign ? card(campaign) : h("p", { class: "card empty" }, t("campaigns.none"))),
  });
}

function card(campaign) {
  const { id, state, words } = campaign;
  return h(
    "article",
    { class: "card stack", "data-campaign": id, "data-state": state },
    h("div", { class: "spread wrap" }, h("h2", {}, words[locale].title), h("span", { class: "row" }, h("span", { class: `badge ${TONE[state] ?? ""}` }, word("campaign_states", state)), buttons(campaign))),
    h("div", { class: "pair" }, LOCALES.map((each) => phone(each, words[each]))),
    h("p", { class: "muted small" }, t("campaigns.span", { from: dateAndTimeOf(campaign.starts_at), until: dateAndTimeOf(campaign.expires_at) })),
    state === "draft" ? "" : progress(campaign),
  );
}

function phone(lang, { title, body }) {
  return h("div", { class: "phone", lang }, h("b", {}, title), h("p", {}, body));
}

function progress(campaign) {
  const most = Math.max(1, campaign.planned_count);
  return h(
    "div",
    { class: "counters" },
    COUNTS.map((name) => {
      const count = campaign[`${name}_count`];
      return h("div", { class: "counter", "data-count": name }, h("b", {}, count), h("span", { class: "muted small" }, t(`campaigns.${name}`)), h("meter", { min: 0, max: most, value: count, "aria-label": t(`campaigns.${name}`) }));
    }),
  );
}

function buttons(campaign) {
  return [
    campaign.state === "draft" ? h("button", { class: "main", "data-deed": "start", onclick: () => start(campaign) }, t("campaigns.start")) : "",
    campaign.state === "draft" || campaign.state === "running" ? h("button", { class: "grave", "data-deed": "stop", onclick: () => stop(campaign) }, t(campaign.state === "draft" ? "campaigns.discard" : "campaigns.stop")) : "",
  ];
}

// Do something with a campaign, and show what came of it.
async function deed(promise, said) {
  try {
    await promise;
    toast(said);
  } catch (error) {
    explain(error);
  }
  await refresh().catch(() => null);
}

async function start(campaign) {
  const { messages, audience_count } = await get(`/api/v1/campaigns/${campaign.id}/preview`);
  const fields = h("div", { class: "stack" }, h("p", {}, t("campaigns.audience", { n: audience_count })), LOCALES.map((each) => phone(each, messages[each])), h("p", { class: "muted small" }, capsText()));
  if (await ask({ title: t("campaigns.start"), fields, yes: t("campaigns.start") })) await deed(post(`/api/v1/campaigns/${campaign.id}/start`), t("campaigns.started"));
}

async function stop(campaign) {
  const fields = h("p", {}, t("campaigns.stop_hint"));
  if (await ask({ title: t("campaigns.stop"), fields, isGrave: true })) await deed(post(`/api/v1/campaigns/${campaign.id}/stop`), t("campaigns.stopped"));
}

function capsText() {
  return t("campaigns.caps", { list: data.caps.map(({ days, most }) => t(days === 1 ? "campaigns.cap_of_day" : "campaigns.cap", { days, most })).join(t("campaigns.and")) });
}

function wordsOf(fields) {
  return Object.fromEntries(LOCALES.map((each) => [each, { title: fields[`${each}.title`].trim(), body: fields[`${each}.body`].trim() }]));
}

async function draft(event) {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(form));
  const startsAt = fields.starts_at ? new Date(fields.starts_at) : null;
  const from = startsAt?.getTime() ?? hub.now();
  const wanted = {
    merchant_id: data.merchant_id,
    words: wordsOf(fields),
    starts_at: startsAt?.toISOString() ?? null,
    expires_at: new Date(from + Number(fields.days) * DAY_MS).toISOString(),
  };
  try {
    await post("/api/v1/campaigns", wanted);
    form.reset();
    preview();
    toast(t("campaigns.saved"));
  } catch (error) {
    explain(error);
  }
  await refresh().catch(() => null);
}

// How a phone will show what stands in the form.
function preview() {
  const words = wordsOf(Object.fromEntries(new FormData(form)));
  for (const place of form.querySelectorAll("[data-preview]")) {
    const { title, body } = words[place.dataset.preview];
    place.hidden = !title && !body;
    place.replaceChildren(h("b", {}, title), h("p", {}, body));
  }
}

async function keepFresh() {
  if (!document.hidden) await refresh().catch(() => null);
  setTimeout(keepFresh, REFRESH_MS);
}

byId("audience").textContent = t("campaigns.audience", { n: data.audience_count });
byId("caps").textContent = capsText();
form.addEventListener("submit", draft);
form.addEventListener("input", preview);
preview();
keepFresh();
