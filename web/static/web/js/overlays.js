// Toasts, and dialogs that ask for one thing.

import { byId, h } from "./dom.js";
import { t, word } from "./words.js";

const TOAST_MS = 5_000;

export function toast(text, kind = "") {
  const note = h("p", { class: `toast ${kind}` }, text);
  byId("toasts").append(note);
  setTimeout(() => note.remove(), TOAST_MS);
}

// What a refused command means to the person, in their words where there are some.
export function explain(error) {
  const known = word("errors", error.code);
  toast(known === error.code || !error.code ? error.message : known, "alert");
}

// Ask with a form; resolves with its fields, or null when the person thinks better of it.
export function ask({ title, fields, yes, isGrave = false }) {
  return new Promise((resolve) => {
    const form = h(
      "form",
      { method: "dialog" },
      h("h2", { id: "ask-title" }, title),
      fields,
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", class: "plain", onclick: () => dialog.close() }, t("shell.no")),
        h("button", { class: isGrave ? "stop" : "main", value: "yes" }, yes ?? t("shell.yes")),
      ),
    );
    const dialog = h("dialog", { "aria-labelledby": "ask-title" }, form);
    dialog.addEventListener("close", () => {
      const said = dialog.returnValue === "yes";
      resolve(said ? Object.fromEntries(new FormData(form)) : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// One of `values`, worded by `group`.
export function choice(name, values, group) {
  return h(
    "div",
    { class: "choices" },
    values.map((value, index) =>
      h(
        "label",
        {},
        h("input", { type: "radio", name, value, checked: index === 0, required: true }),
        word(group, value),
      ),
    ),
  );
}
