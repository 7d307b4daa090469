// What somebody is told, when they are left in peace, and whose campaigns they want.

import { byId, h } from "./dom.js";
import { explain, toast } from "./overlays.js";
import { showDevices } from "./settings-devices.js";
import { get, post } from "./shell.js";
import { data, locale, t, word } from "./words.js";

async function save(path, body) {
  try {
    await post(path, body);
    toast(t("settings.saved"));
    return true;
  } catch (error) {
    explain(error);
    return false;
  }
}

function preferenceRow({ category, channel, choice, choices }) {
  const name = `${word("categories", category)} · ${word("channels", channel)}`;
  const select = h(
    "select",
    { id: `${category}-${channel}`, disabled: choices.length < 2 },
    choices.map((each) => h("option", { value: each, selected: each === choice }, word("choices", each))),
  );
  let kept = choice;
  select.addEventListener("change", async () => {
    const isKept = await save("/api/v1/me/preferences", { category, channel, choice: select.value });
    if (isKept) kept = select.value;
    else select.value = kept;
  });
  return h("li", {}, h("label", {}, name, select));
}

function consentRow({ merchant_id, name, is_given }) {
  const box = h("input", { type: "checkbox", checked: is_given, "data-merchant": merchant_id ?? "platform" });
  box.addEventListener("change", async () => {
    const wording = data.consents.wording.version;
    const isKept = box.checked
      ? await save("/api/v1/me/consents", { merchant_id, wording })
      : await save("/api/v1/me/consents/withdraw", { merchant_id });
    if (!isKept) box.checked = !box.checked;
    // With the first yes and after the last no, offers and news are On or Off.
    await renewPreferences();
  });
  return h("li", { class: "choices" }, h("label", {}, box, name || t("brand")));
}

function fieldsOf(form) {
  return Object.fromEntries(new FormData(form));
}

function showPreferences(items) {
  byId("preferences").replaceChildren(...items.filter(({ channel }) => channel !== "board").map(preferenceRow));
}

async function renewPreferences() {
  const { items } = await get("/api/v1/me/preferences").catch(() => ({ items: data.preferences }));
  showPreferences(items);
}

showPreferences(data.preferences);
showDevices();
byId("wording").textContent = data.consents.wording.text[locale];
byId("consents").append(...data.consents.items.map(consentRow));
byId("quiet").addEventListener("submit", (event) => {
  event.preventDefault();
  const { time_zone, starts_at, ends_at } = fieldsOf(event.target);
  save("/api/v1/me/quiet-hours", { time_zone, starts_at: starts_at || null, ends_at: ends_at || null });
});
byId("digest").addEventListener("submit", (event) => {
  event.preventDefault();
  const { every, hour } = fieldsOf(event.target);
  save("/api/v1/me/digest", { every, hour: Number(hour) });
});
