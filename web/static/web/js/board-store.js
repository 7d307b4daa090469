// The shop's own switches: open, paused, and what is sold out.

import { giveToShop } from "./board-deeds.js";
import { byId, h, keyed } from "./dom.js";
import { ask, choice } from "./overlays.js";
import { hub } from "./shell.js";
import { data, t, timeOf } from "./words.js";

const PAUSES = ["15", "30", "60", "120"];
const items = new Map();
let list = null;

export function showStore(shop) {
  const paused = shop.paused_until && Date.parse(shop.paused_until) > hub.now();
  const state = !shop.is_open ? "closed" : paused ? "paused" : "open";
  const box = byId("store");
  const stamp = `${state} ${shop.paused_until}`;
  if (box.dataset.stamp === stamp) return;
  box.dataset.stamp = stamp;
  const args = { merchant_id: data.merchant.id };
  const button = (name, run) => h("button", { "data-deed": name, onclick: run }, t(`store.${name}`));
  box.replaceChildren(
    h(
      "span",
      { class: `badge ${state === "open" ? "good" : "warn"}` },
      t(`store.is_${state}`, { until: timeOf(shop.paused_until) }),
    ),
    state === "open" ? button("pause", pause) : "",
    state === "paused" ? button("resume", () => giveToShop("merchant.resume", args)) : "",
    state === "closed" ? button("open", () => giveToShop("merchant.open", args)) : "",
    state === "open" ? button("close", () => close(args)) : "",
  );
}

async function close(args) {
  const said = await ask({ title: t("store.close"), fields: h("p", {}, t("store.close_hint")) });
  if (said) await giveToShop("merchant.close", args);
}

async function pause() {
  const said = await ask({ title: t("store.pause_ask"), fields: choice("minutes", PAUSES, "pauses") });
  if (said) {
    await giveToShop("merchant.pause", {
      merchant_id: data.merchant.id,
      minutes: Number(said.minutes),
    });
  }
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
