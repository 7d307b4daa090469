// What the page of a shop's programs asks and tells in dialogs.

import { h } from "./dom.js";
import { ask } from "./overlays.js";
import { data, t, word } from "./words.js";

const FAMILIES = data.families.map((family) => `${family}.*`);

function field(label, input) {
  return h("label", { class: "stack" }, h("span", {}, label), input);
}

// Ask what a webhook shall be; a queue has no URL, and keeps none.
export async function askWishes(title, { url = "", event_types = ["order.*", "delivery.*"], description = "", kind = "" } = {}) {
  const single = event_types.filter((name) => !FAMILIES.includes(name));
  const asked = await ask({
    title,
    fields: h(
      "div",
      { class: "stack" },
      kind === "pull" ? "" : field(t(kind ? "webhooks.url" : "webhooks.url_or_none"), h("input", { name: "url", type: "url", value: url, placeholder: "https://", required: kind === "push" })),
      h("fieldset", { class: "choices", "aria-label": t("webhooks.events") }, FAMILIES.map((name) => h("label", {}, h("input", { type: "checkbox", name, checked: event_types.includes(name) }), word("webhook_families", name.slice(0, -2))))),
      field(t("webhooks.single"), h("input", { name: "single", value: single.join(" "), placeholder: "order.placed item.sold_out" })),
      field(t("webhooks.description"), h("input", { name: "description", value: description, maxlength: 200 })),
    ),
  });
  if (!asked) return null;
  const names = asked.single.split(/[\s,]+/).filter(Boolean);
  const wishes = { event_types: [...FAMILIES.filter((name) => asked[name]), ...names], description: asked.description };
  return kind === "pull" ? wishes : { ...wishes, url: asked.url.trim() };
}

// Show a secret, this once.
export function showSecret(secret) {
  const input = h("input", { id: "secret", value: secret, readonly: true, "aria-label": t("webhooks.secret") });
  input.addEventListener("focus", () => input.select());
  return ask({ title: t("webhooks.secret"), fields: h("div", { class: "stack" }, h("p", {}, t("webhooks.secret_once")), input), yes: t("webhooks.kept") });
}

// Whether the person really means it.
export function confirmGrave(name) {
  return ask({ title: word("webhook_deeds", name), fields: h("p", {}, word("webhook_warnings", name)), isGrave: true });
}

// From when on messages are to be sent again, and whether all of them.
export async function askSince() {
  const hour = new Date(Date.now() - 3_600_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const asked = await ask({
    title: word("webhook_deeds", "replay"),
    fields: h(
      "div",
      { class: "stack" },
      field(t("webhooks.since"), h("input", { name: "since", type: "datetime-local", value: hour, required: true })),
      h("label", {}, h("input", { name: "only_dead", type: "checkbox", checked: true }), " ", t("webhooks.only_dead")),
    ),
  });
  if (!asked) return null;
  return { since: new Date(asked.since).toISOString(), only_dead: Boolean(asked.only_dead) };
}
