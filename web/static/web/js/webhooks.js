// The page of a shop's programs: its webhooks, and what can be done with each.

import { byId, h, keyed } from "./dom.js";
import { explain, toast } from "./overlays.js";
import { get, post } from "./shell.js";
import { Deliveries } from "./webhook-deliveries.js";
import { askSince, askWishes, confirmGrave, showSecret } from "./webhook-forms.js";
import { data, dateAndTimeOf, t, word } from "./words.js";

const REFRESH_MS = 2_000;
const ADDRESS = `/api/v1/merchants/${data.merchant_id}/webhooks`;

const deliveries = new Deliveries();

async function refresh() {
  const { items } = await get(ADDRESS);
  showWebhooks(items);
  await deliveries.refresh();
}

// Do something with a webhook, and show what came of it.
async function deed(promise, said = "") {
  try {
    const answer = await promise;
    if (said) toast(said);
    await refresh();
    return answer;
  } catch (error) {
    explain(error);
    return null;
  }
}

const on = (webhook, name, body = {}) => post(`/api/v1/webhooks/${webhook.id}/${name}`, body);

async function add() {
  const wishes = await askWishes(t("webhooks.add"));
  if (!wishes) return;
  const made = await deed(post(ADDRESS, wishes));
  if (made) await showSecret(made.secret);
}

async function change(webhook) {
  const wishes = await askWishes(t("webhooks.change"), webhook);
  if (wishes) await deed(on(webhook, "change", wishes));
}

async function rotate(webhook) {
  if (!(await confirmGrave("rotate"))) return;
  const made = await deed(on(webhook, "rotate-secret"));
  if (made) await showSecret(made.secret);
}

async function remove(webhook) {
  if (await confirmGrave("remove")) await deed(on(webhook, "remove"));
}

async function replay(webhook) {
  const wanted = await askSince();
  if (!wanted) return;
  const answer = await deed(on(webhook, "replay-since", wanted));
  if (answer) toast(t("webhooks.replayed", { n: answer.count }));
}

const button = (name, does, kind = "") =>
  h("button", { class: kind, "data-deed": name, onclick: does }, word("webhook_deeds", name));

function buttons(webhook) {
  const toggle = webhook.is_enabled ? "disable" : "enable";
  return h(
    "div",
    { class: "row" },
    button("deliveries", () => deliveries.open(webhook).catch(explain)),
    button("test", () => deed(on(webhook, "test"), t("webhooks.tested"))),
    button("replay", () => replay(webhook)),
    button("change", () => change(webhook)),
    button("rotate", () => rotate(webhook)),
    button(toggle, () => deed(on(webhook, toggle)), webhook.is_enabled ? "" : "main"),
    button("remove", () => remove(webhook), "plain"),
  );
}

function badges(webhook) {
  const { is_enabled, disabled_code, failing_since, old_secret_until } = webhook;
  return h(
    "span",
    { class: "row" },
    is_enabled
      ? h("span", { class: `badge ${failing_since ? "alert" : "good"}`, "data-health": failing_since ? "failing" : "enabled" }, failing_since ? t("webhooks.failing", { since: dateAndTimeOf(failing_since) }) : t("webhooks.enabled"))
      : h("span", { class: "badge alert", "data-health": "disabled" }, word("webhook_disabled", disabled_code)),
    old_secret_until ? h("span", { class: "badge info" }, t("webhooks.two_secrets", { until: dateAndTimeOf(old_secret_until) })) : "",
  );
}

function card(webhook) {
  const { id, url, description, event_types, waiting } = webhook;
  return h(
    "article",
    { class: "card stack", "data-webhook": id },
    h("p", { class: "spread" }, h("b", { class: "address" }, url || t("webhooks.queue")), badges(webhook)),
    h("p", { class: "muted small" }, [description, event_types.join(" ")].filter(Boolean).join(" · ")),
    h("p", { class: "small" }, waiting.count ? t("webhooks.waiting", { n: waiting.count, since: dateAndTimeOf(waiting.since) }) : t("webhooks.none_waiting"), url ? "" : h("code", {}, ` POST /api/v1/webhooks/${id}/pull`)),
    buttons(webhook),
  );
}

function showWebhooks(items) {
  byId("webhooks").querySelector(".loading")?.remove();
  const shown = items.length ? items : [null];
  keyed(byId("webhooks"), shown, {
    key: (webhook) => webhook?.id ?? "none",
    stamp: (webhook) => (webhook ? JSON.stringify(webhook) : ""),
    build: (webhook) => (webhook ? card(webhook) : h("p", { class: "card empty" }, t("webhooks.none"))),
  });
}

async function keepFresh() {
  if (!document.hidden) await refresh().catch(() => null);
  setTimeout(keepFresh, REFRESH_MS);
}

byId("add").addEventListener("click", add);
keepFresh();
