// The form of one ladder's steps. What is right, the hub decides; its refusals stand at the steps.

import { byId, h } from "./dom.js";
import { explain, toast } from "./overlays.js";
import { hub } from "./shell.js";
import { data, t, word } from "./words.js";

const FRESH = { channel: "push", after_seconds: 0, condition: "unanswered", contacts: "everyone", is_loud: false };

export class LadderForm {
  constructor({ reload, changed }) {
    Object.assign(this, { reload, changed });
    this.form = byId("ladder");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send("ladder.configure", { steps: this.steps() });
    });
    this.form.addEventListener("change", () => this.look());
  }

  // Without steps of its own the form begins with those that count.
  show(ladder, counting) {
    this.ladder = ladder;
    this.form.dataset.of = ladder.template ?? `${ladder.role} ${ladder.category}`;
    this.channels = [...new Set(ladder.kinds.flatMap((kind) => kind.channels))];
    const from = counting[ladder.kinds[0].template];
    this.list = h("div", { class: "stack" }, (ladder.steps ?? from.steps).map((step) => this.step(step)));
    const note = ladder.steps ? "" : h("p", { class: "small muted" }, from.ladder ? t("ladders.as_in", { ladder: from.ladder }) : t("ladders.own"));
    const add = h("button", { type: "button", id: "add", onclick: () => this.add() }, t("ladders.add"));
    const reset = ladder.steps && h("button", { type: "button", id: "reset", onclick: () => this.send("ladder.reset", {}) }, t("ladders.reset"));
    const reason = h("label", {}, t("zone.reason"), h("input", { name: "reason", maxlength: 120 }));
    const wrong = h("p", { class: "wrong", id: "wrong", role: "alert" });
    const heading = this.form.querySelector("h2");
    this.form.replaceChildren(heading, note, this.list, add, wrong, reason, h("div", { class: "row" }, h("button", { class: "main", id: "save" }, t("zone.save")), reset));
    this.look();
  }

  step(step) {
    const choose = (name, group, values) => h("select", { name }, values.map((each) => h("option", { value: each, selected: each === step[name] }, word(group, each))));
    const row = h("div", { class: "step" });
    row.append(
      h("label", {}, t("ladders.after"), h("input", { name: "after_seconds", type: "number", min: 0, max: data.last_seconds, step: "any", value: step.after_seconds, inputmode: "decimal" })),
      h("label", {}, t("ladders.channel"), choose("channel", "ladder_channels", this.channels)),
      h("label", {}, t("ladders.if"), choose("condition", "ladder_conditions", ["unanswered", "undelivered"])),
      h("label", {}, t("ladders.to"), choose("contacts", "ladder_contacts", ["first", "everyone"])),
      h("label", { class: "row" }, h("input", { name: "is_loud", type: "checkbox", checked: step.is_loud }), t("ladders.loud")),
      h("button", { type: "button", onclick: () => this.remove(row) }, t("ladders.remove")),
      h("p", { class: "wrong" }),
    );
    return row;
  }

  add() {
    const last = this.steps().at(-1);
    this.list.append(this.step({ ...FRESH, after_seconds: (last?.after_seconds ?? -30) + 30 }));
    this.look();
  }

  remove(row) {
    row.remove();
    this.look();
  }

  steps() {
    const value = (row, name) => row.querySelector(`[name=${name}]`);
    return [...this.list.children].map((row) => ({
      channel: value(row, "channel").value,
      after_seconds: value(row, "after_seconds").value === "" ? null : Number(value(row, "after_seconds").value),
      condition: value(row, "condition").value,
      contacts: value(row, "contacts").value,
      is_loud: value(row, "is_loud").checked,
    }));
  }

  scope() {
    const { template, role, category, merchant_id } = this.ladder;
    return { ...(template ? { template } : { role, category }), ...(merchant_id && { merchant_id }) };
  }

  // What would happen with what the form says; what is wrong with it stands at its steps.
  async look() {
    this.mark([]);
    await this.changed(this.ladder, this.steps()).catch((error) => this.refuse(error));
  }

  revert(version) {
    this.send("ladder.revert", { to: version });
  }

  async send(command, args) {
    this.mark([]);
    const reason = this.form.elements.reason.value;
    try {
      await hub.command(command, { ...this.scope(), ...args, reason }, { ver: this.ladder.version });
      toast(t("zone.saved"));
      await this.reload();
    } catch (error) {
      this.refuse(error);
    }
  }

  refuse(error) {
    if (error.code === "ladder_invalid") this.mark(error.d.faults);
    else if (error.code === "validation_failed") this.mark(error.d.errors.map(({ loc }) => ({ code: "unreadable", step: loc[1] ?? null })));
    else {
      explain(error);
      if (error.code === "version_conflict") this.reload().catch(explain);
    }
  }

  mark(faults) {
    const said = (step) => [...new Set(faults.filter((fault) => fault.step === step).map((fault) => word("ladder_faults", fault.code)))].join(" ");
    byId("wrong").textContent = said(null);
    for (const [step, row] of [...this.list.children].entries()) row.querySelector(".wrong").textContent = said(step);
  }
}
