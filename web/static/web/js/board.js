// The order board: lanes of cards, kept true by the shop's topic, ringing until somebody acts.

import { mustStop, ringer, ringingOrders, settle, sound } from "./board-alarm.js";
import { mainDeed, orderCard } from "./board-card.js";
import { DEEDS, isMine, nameOf } from "./board-deeds.js";
import { openMenu, resumeIfAsked, showItems, showStore } from "./board-store.js";
import { byId, h, keyed } from "./dom.js";
import { reportHealth } from "./health.js";
import { toast } from "./overlays.js";
import { registerWorker } from "./push.js";
import { hub, me, onNotices } from "./shell.js";
import { data, t, word } from "./words.js";

const LANES = ["placed", "accepted", "preparing", "ready", "handed_over", "completed", "cancelled"];
const ENDED = new Set(["completed", "cancelled"]);
const TOLD = { "order.accepted": "board.accepted_by", "order.rejected": "board.rejected_by" };
const CONVERTED = "order.converted";

const orders = new Map();
const deciders = new Map(); // order id -> who decided about it, in words
let versions = new Map();
let selected = null;
let shownLane = "placed";

function buildLanes() {
  byId("lanes").append(
    ...LANES.map((lane) =>
      h(
        "section",
        { class: "lane", "data-lane": lane, "aria-label": word("lanes", lane) },
        h("h2", {}, word("lanes", lane), h("span", { class: "count badge" }, 0)),
        h("ol"),
      ),
    ),
  );
  byId("lane-tabs").append(
    ...LANES.map((lane) =>
      h("button", { role: "tab", "data-lane": lane, onclick: () => showLane(lane) }, word("lanes", lane), h("span", { class: "count badge" }, 0)),
    ),
  );
  showLane(shownLane);
}

function showLane(lane) {
  shownLane = lane;
  for (const box of document.querySelectorAll(".lane")) {
    box.classList.toggle("shown", box.dataset.lane === lane);
  }
  for (const tab of byId("lane-tabs").children) {
    tab.setAttribute("aria-selected", tab.dataset.lane === lane);
  }
}

function laneOf(order, ringing) {
  return mustStop(ringing.get(order.id)) ? "placed" : order.state;
}

function inLane(lane, ringing) {
  const list = [...orders.values()].filter((order) => laneOf(order, ringing) === lane);
  const due = (order) => order.times.promised_ready_at ?? order.times.placed_at ?? "";
  if (ENDED.has(lane)) return list.sort((a, b) => b.ended_at.localeCompare(a.ended_at));
  if (lane === "placed") return list.sort((a, b) => a.times.placed_at.localeCompare(b.times.placed_at));
  return list.sort((a, b) => due(a).localeCompare(due(b)));
}

function paint() {
  const ringing = ringingOrders(orders);
  for (const lane of LANES) {
    const list = inLane(lane, ringing);
    const box = document.querySelector(`.lane[data-lane="${lane}"]`);
    box.dataset.count = list.length;
    box.querySelector(".count").textContent = list.length;
    byId("lane-tabs").querySelector(`[data-lane="${lane}"] .count`).textContent = list.length;
    keyed(box.querySelector("ol"), list, {
      key: (order) => order.id,
      stamp: (order) => stampOf(order, ringing),
      build: (order) => orderCard(order, marksOf(order, ringing)),
    });
  }
  sound(ringing, orders, paint);
}

function marksOf(order, ringing) {
  const calls = ringing.get(order.id);
  return {
    rings: Boolean(calls),
    stops: mustStop(calls),
    selected: selected === order.id,
    decider: deciders.get(order.id),
    onStop: () => {
      settle(calls);
      paint();
    },
  };
}

function stampOf(order, ringing) {
  const { rings, stops, selected: isSelected, decider } = marksOf(order, ringing);
  return [versions.get(order.id), rings, stops, isSelected, decider].join();
}

function onRows(rows) {
  orders.clear();
  versions = new Map();
  const items = [];
  for (const row of rows) {
    const kind = row.key.split(":")[0];
    if (kind === "order") {
      orders.set(row.d.id, row.d);
      versions.set(row.d.id, row.ver);
    } else if (kind === "merchant") showStore(row.d);
    else if (kind === "item") items.push(row);
  }
  showItems(items);
  paint();
}

// Another board was faster: say who, so that nobody answers twice.
function onEvent(event) {
  if (event.type === CONVERTED) toast(t("board.converted", { number: event.d.number }));
  const told = TOLD[event.type];
  if (!told) return;
  const { id, number } = event.d;
  const elsewhere = event.actor.id === me && !isMine(id);
  const name = elsewhere ? t("board.other_device", { name: nameOf(event.actor) }) : nameOf(event.actor);
  deciders.set(id, t(told, { name, number }));
  if (!isMine(id)) toast(t(told, { name, number }));
}

function cards() {
  return [...document.querySelectorAll(".lanes .order")];
}

function select(step) {
  const ids = cards().map((card) => card.dataset.order);
  if (!ids.length) return;
  const index = ids.indexOf(selected) + step;
  selected = ids[Math.min(ids.length - 1, Math.max(0, index))];
  paint();
  document.querySelector(".order.selected")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function act(trigger) {
  const order = orders.get(selected) ?? inLane("placed", new Map())[0];
  if (order?.allowed.includes(trigger)) DEEDS[trigger](order);
}

const SHORTCUTS = {
  a: () => act("accept"),
  r: () => act("reject"),
  s: () => act("start"),
  f: () => act("mark_ready"),
  h: () => act(orders.get(selected)?.state === "handed_over" ? "complete" : "hand_over"),
  d: () => orders.get(selected)?.allowed.includes("delay") && DEEDS.delay(orders.get(selected), 5),
  m: openMenu,
  enter: () => {
    const order = orders.get(selected);
    const deed = order && mainDeed(order);
    if (deed) DEEDS[deed](order);
  },
  arrowdown: () => select(1),
  arrowup: () => select(-1),
  j: () => select(1),
  k: () => select(-1),
  " ": () => byId("acknowledge")?.click(),
  "?": openHelp,
};

function onKey(event) {
  const inField = event.target.closest("input, select, textarea, button, a, dialog");
  if (inField || event.ctrlKey || event.metaKey || event.altKey) return;
  const run = SHORTCUTS[event.key.toLowerCase()];
  if (!run) return;
  event.preventDefault();
  run();
}

function openHelp() {
  const keys = ["A", "R", "S", "F", "H", "D", "↑ ↓", "↵", t("board.space"), "M"];
  const names = ["accept", "reject", "start", "ready", "hand_over", "delay", "select", "next", "acknowledge", "menu"];
  const list = h(
    "dl",
    { class: "facts" },
    keys.map((key, index) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(`keys.${names[index]}`))]),
  );
  const dialog = h("dialog", {}, h("form", { method: "dialog" }, h("h2", {}, t("board.keys")), list, h("button", { class: "main" }, t("shell.close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

async function enableSound() {
  if (!(await ringer.enable())) return;
  byId("sound-gate").hidden = true;
  document.body.dataset.sound = "on";
}

// A screen that sleeps cannot ring; browsers that know how keep it awake.
async function stayAwake() {
  if (document.hidden || !navigator.wakeLock) return;
  await navigator.wakeLock.request("screen").catch(() => null);
}

buildLanes();
resumeIfAsked();
reportHealth(ringer);
hub.join(`merchant:${data.merchant.id}`, {
  onRows,
  onEvent,
  onRefused: () => toast(t("errors.not_found"), "alert"),
});
onNotices(paint);
byId("enable-sound").addEventListener("click", enableSound);
byId("ring-now").addEventListener("click", async () => {
  await enableSound();
  ringer.call();
});
byId("open-menu").addEventListener("click", openMenu);
byId("open-help").addEventListener("click", openHelp);
addEventListener("keydown", onKey);
document.addEventListener("visibilitychange", stayAwake);
stayAwake();
registerWorker();
