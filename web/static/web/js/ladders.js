// The page of ladders: choose whose, set the steps, see what would happen, and who changed them.

import { byId, h } from "./dom.js";
import { LadderForm } from "./ladder-form.js";
import { explain } from "./overlays.js";
import { get, hub } from "./shell.js";
import { dateAndTimeOf, t, timeOf, word } from "./words.js";

const ADDRESS = "/api/v1/ladders";
const [shop, scope] = [byId("shop"), byId("scope")];

let items = [];
const form = new LadderForm({ reload: load, changed: preview });

const chosen = () => items.find((each) => each.scope === scope.value) ?? items[0];

function nameOf(item) {
  return item.template ? word("ladder_notices", item.template) : `${word("ladder_roles", item.role)} · ${word("categories", item.category)}`;
}

// Whether anything is set for it is told by a mark, for all to see where.
function showScopes() {
  const kept = scope.value;
  const options = items.map((item) => h("option", { value: item.scope, selected: item.scope === kept }, `${item.template ? "  " : ""}${nameOf(item)}${item.steps ? " •" : ""}`));
  scope.replaceChildren(...options);
}

async function load() {
  const asked = shop.value ? `?merchant_id=${shop.value}` : "";
  ({ items } = await get(ADDRESS + asked));
  showScopes();
  await show();
}

async function show() {
  const item = chosen();
  const path = item.template ? `/kinds/${item.template}` : `/groups/${item.role}/${item.category}`;
  const { ladder, counting, changes } = await get(`${ADDRESS}${path}${shop.value ? `?merchant_id=${shop.value}` : ""}`);
  form.show(ladder, counting);
  showChanges(ladder, changes);
}

async function preview(ladder, steps) {
  const args = { template: ladder.kinds[0].template, merchant_id: ladder.merchant_id, steps };
  const { timeline } = await hub.command("ladder.preview", args);
  byId("timeline").replaceChildren(...timeline.map(line));
}

function line(step) {
  const said = [word("ladder_channels", step.what), step.condition === "undelivered" && t("ladders.if_undelivered"), step.contacts === "first" && t("ladders.to_first"), step.is_loud && t("ladders.loud")];
  const attributes = { "data-what": step.what, "data-loud": step.is_loud };
  return h("li", attributes, h("p", { class: "spread" }, h("b", {}, timeOf(step.at, { seconds: true })), h("span", { class: "small" }, said.filter(Boolean).join(" · "))), h("p", { class: "small muted" }, step.words));
}

function showChanges(ladder, changes) {
  const lines = changes.map((change) =>
    h(
      "li",
      { class: "spread" },
      h("span", { class: "small" }, `#${change.version} · ${dateAndTimeOf(change.at)}${change.reason ? ` · “${change.reason}”` : ""}`),
      change.version === ladder.version ? h("span", { class: "small muted" }, t("ladders.now")) : h("button", { type: "button", "data-revert": change.version, onclick: () => form.revert(change.version) }, t("ladders.revert")),
    ),
  );
  byId("changes").replaceChildren(...(lines.length ? lines : [h("li", { class: "muted" }, t("ladders.no_changes"))]));
}

shop.addEventListener("change", () => load().catch(explain));
scope.addEventListener("change", () => show().catch(explain));
load().catch(explain);
