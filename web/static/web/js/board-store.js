// The shop's own switches: open, paused, and what is sold out.

import { giveToShop } from "./board-deeds.js";
import { countdownLine } from "./countdown.js";
import { byId, h, keyed } from "./dom.js";
import { ask, choice } from "./overlays.js";
import { hub } from "./shell.js";
import { data, t, timeOf, word } from "./words.js";

const PAUSES = ["15", "30", "60", "120", "opening", "time"];
const MORE_MINUTES = ["5", "10", "15", "30"];
const BUSY_SPANS = ["30", "60", "120", "open"];
const items = new Map();
let list = null;

export function showStore(shop) {
  const paused = shop.paused_until && Date.parse(shop.paused_until) > hub.now();
  const state = !shop.is_open ? "closed" : paused ? "paused" : "open";
  const box = byId("store");
  const stamp = [state, shop.paused_until, shop.pause_cause, shop.busy_minutes, shop.busy_until].join();
  if (box.dataset.stamp === stamp) return;
  box.dataset.stamp = stamp;
  const args = { merchant_id: data.merchant.id };
  const button = (name, run, kind = "") => h("button", { class: kind, "data-deed": name, onclick: run }, t(`store.${name}`));
  box.replaceChildren(
    h("span", { class: `badge ${state === "open" ? "good" : "warn"}`, "data-store": state }, t(`store.is_${state}`, { until: timeOf(shop.paused_until) })),
    ...(state === "paused" ? pauseLine(shop) : []),
    state === "open" ? button("pause", pause) : "",
    state === "paused" ? button("resume", () => giveToShop("merchant.resume", args), "main") : "",
    state === "closed" ? button("open", () => giveToShop("merchant.open", args)) : "",
    state === "open" ? button("close", () => close(args)) : "",
    ...busyParts(shop, button, args),
  );
}

// Why it rests where nobody asked for it, and how long yet; a shop that is not heard waits for its board.
function pauseLine(shop) {
  const why = shop.pause_cause === "by_hand" ? "" : h("span", { class: "small", "data-cause": shop.pause_cause }, word("pause_causes", shop.pause_cause));
  return [why, shop.pause_cause === "no_board" ? "" : countdownLine("merchant.pause", shop.paused_until)];
}

function busyParts(shop, button, args) {
  if (!shop.busy_minutes) return [shop.is_open ? button("busy", beBusy) : ""];
  return [
    h("span", { class: "badge warn", "data-busy": shop.busy_minutes }, t("store.is_busy", { n: shop.busy_minutes })),
    shop.busy_until ? countdownLine("merchant.busy", shop.busy_until) : "",
    button("end_busy", () => giveToShop("merchant.end_busy", args)),
  ];
}

async function beBusy() {
  const fields = [
    h("p", {}, t("store.busy_hint")),
    choice("minutes", MORE_MINUTES, "more_minutes"),
    choice("span", BUSY_SPANS, "busy_spans"),
  ];
  const said = await ask({ title: t("store.busy_ask"), fields });
  if (!said) return;
  const span = said.span === "open" ? {} : { for_minutes: Number(said.span) };
  await giveToShop("merchant.set_busy", { merchant_id: data.merchant.id, minutes: Number(said.minutes), ...span });
}

async function close(args) {
  const said = await ask({ title: t("store.close"), fields: h("p", {}, t("store.close_hint")) });
  if (said) await giveToShop("merchant.close", args);
}

// For some minutes, until the next opening, or until a time of the day.
async function pause() {
  const time = h("input", { type: "time", name: "time", disabled: true, required: true });
  const fields = h("fieldset", { class: "stack", onchange: ({ target }) => (time.disabled = target.name === "minutes" ? target.value !== "time" : time.disabled) }, choice("minutes", PAUSES, "pauses"), h("label", {}, t("store.pause_time"), time));
  const said = await ask({ title: t("store.pause_ask"), fields });
  if (said) await giveToShop("merchant.pause", { merchant_id: data.merchant.id, ...spanOf(said) });
}

function spanOf({ minutes, time }) {
  if (minutes === "opening") return { until_opening: true };
  if (minutes !== "time") return { minutes: Number(minutes) };
  const [hours, mins] = time.split(":").map(Number);
  const until = new Date(hub.now());
  until.setHours(hours, mins, 0, 0);
  if (until.getTime() <= hub.now()) until.setDate(until.getDate() + 1);
  return { until: until.toISOString() };
}

// The page was opened to resume: by the one action of a notice.
export async function resumeIfAsked() {
  const here = new URL(location.href);
  if (here.searchParams.get("do") !== "resume") return;
  here.searchParams.delete("do");
  history.replaceState(null, "", here);
  await giveToShop("merchant.resume", { merchant_id: data.merchant.id });
}

export function showItems(rows) {
  items.clear();
  for (const { d } of rows) items.set(d.id, d);
  if (list) fill();
}

function fill() {
  keyed(list, [...items.values()], {
    key: (item) => item.id,
    stamp: (item) => item.is_sold_out,
    build: (item) =>
      h(
        "li",
        {},
        h("span", { class: "name" }, item.name),
        item.is_sold_out ? h("span", { class: "badge alert" }, t("store.sold_out")) : "",
        h(
          "button",
          {
            type: "button",
            "data-deed": item.id,
            onclick: () =>
              giveToShop(item.is_sold_out ? "item.restore" : "item.sold_out", { item_id: item.id }),
          },
          t(item.is_sold_out ? "store.restore" : "store.sell_out"),
        ),
      ),
  });
}

export function openMenu() {
  list = h("ul", { class: "menu-switches" });
  fill();
  const close = h("button", { class: "main" }, t("shell.close"));
  const dialog = h("dialog", {}, h("form", { method: "dialog" }, h("h2", {}, t("board.menu")), list, close));
  dialog.addEventListener("close", () => {
    list = null;
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
