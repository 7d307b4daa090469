// The form of a zone's settings. What is right, the hub decides; its refusals stand at the fields.

import { byId, h } from "./dom.js";
import { explain, toast } from "./overlays.js";
import { hub } from "./shell.js";
import { data, dateAndTimeOf, t, word } from "./words.js";

const FIELDS = Object.values(data.groups).flat();

export class SettingsForm {
  constructor(reload) {
    this.reload = reload;
    this.form = byId("settings");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
  }

  show(settings) {
    this.settings = settings;
    const groups = Object.entries(data.groups).map(([group, fields]) => h("fieldset", {}, h("legend", {}, word("zone_groups", group)), h("div", { class: "fields" }, fields.map((field) => this.field(field)))));
    const reason = h("label", {}, t("zone.reason"), h("input", { name: "reason", maxlength: 120 }));
    const heading = this.form.querySelector("h2");
    this.form.replaceChildren(heading, ...groups, reason, h("button", { class: "main", id: "save" }, t("zone.save")));
  }

  field(field) {
    const { name } = field;
    const bounds = field.choices ? "" : h("span", { class: "muted" }, `${field.least}–${field.most}`);
    return h("label", {}, h("span", { class: "spread" }, word("zone_settings", name), bounds), this.input(field), h("span", { class: "wrong", id: `wrong-${name}`, "data-wrong": name }));
  }

  input({ name, choices, least, most, is_whole: isWhole }) {
    const value = this.settings[name];
    const told = { name, "aria-describedby": `wrong-${name}` };
    if (choices) return h("select", told, choices.map((each) => h("option", { value: each, selected: each === value }, word("zone_choices", each))));
    return h("input", { ...told, type: "number", min: least, max: most, step: isWhole ? 1 : "any", value, inputmode: "decimal" });
  }

  // Only what differs is sent; what is no number goes as it is, for the hub to refuse.
  changes() {
    const said = new FormData(this.form);
    const found = {};
    for (const { name, choices } of FIELDS) {
      const raw = said.get(name);
      const value = choices || raw === "" ? raw : Number(raw);
      if (value !== this.settings[name]) found[name] = value;
    }
    return found;
  }

  async save() {
    this.mark({});
    const args = { zone_id: data.zone_id, ...this.changes(), reason: this.form.elements.reason.value };
    try {
      await hub.command("zone.configure", args, { ver: this.settings.version });
      toast(t("zone.saved"));
      await this.reload();
    } catch (error) {
      this.refuse(error);
    }
  }

  refuse(error) {
    if (error.code === "validation_failed") this.mark(Object.fromEntries(error.d.errors.map(({ loc, type }) => [loc[0], wrong(loc[0], type)])));
    else if (error.code === "ladder_out_of_order") this.mark(Object.fromEntries(error.d.names.map((name) => [name, t("zone.must_rise")])));
    else {
      explain(error);
      if (error.code === "version_conflict") this.reload().catch(explain);
    }
  }

  // Say at each field what is wrong with it; the first one gets the focus.
  mark(wrongs) {
    for (const place of this.form.querySelectorAll("[data-wrong]")) {
      const said = wrongs[place.dataset.wrong];
      place.textContent = said ?? "";
      this.form.elements[place.dataset.wrong].setAttribute("aria-invalid", Boolean(said));
    }
    this.form.querySelector("[aria-invalid=true]")?.focus();
  }
}

function wrong(name, type) {
  const field = FIELDS.find((each) => each.name === name);
  if (field?.choices) return t("zone.not_a_choice");
  if (type === "int_from_float") return t("zone.whole_number");
  return t("zone.between", { least: field?.least ?? "", most: field?.most ?? "" });
}

export function showChanges(changes) {
  const lines = changes.map((change) =>
    h(
      "li",
      {},
      h("p", { class: "spread small muted" }, h("time", {}, dateAndTimeOf(change.at)), h("span", {}, change.reason ? `“${change.reason}”` : "")),
      Object.entries(change.changes).map(([name, [before, after]]) => h("p", { class: "small" }, `${word("zone_settings", name)}: ${told(before)} → ${told(after)}`)),
    ),
  );
  byId("changes").replaceChildren(...(lines.length ? lines : [h("li", { class: "muted" }, t("zone.no_changes"))]));
}

function told(value) {
  return typeof value === "string" ? word("zone_choices", value) : value;
}
