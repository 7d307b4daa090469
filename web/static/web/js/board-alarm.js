// When the board rings: as long as a notice about one of its orders waits for somebody's act.

import { byId, h } from "./dom.js";
import { acknowledge, hub, notices } from "./shell.js";
import { Ringer } from "./sound.js";
import { t } from "./words.js";

const STOPPED = "order_stopped";
const LOUD_AFTER_MS = 30_000;

export const ringer = new Ringer();

const done = new Set(); // receipts that this device acknowledged, before the server says so

// Notices that ring for the orders of this board, by the order's id.
export function ringingOrders(orders) {
  const ringing = new Map();
  for (const notice of notices.values()) {
    const [kind, id] = notice.subject.split(":");
    if (kind !== "order" || !notice.needs_act || done.has(notice.receipt)) continue;
    if (orders.has(id)) ringing.set(id, [...(ringing.get(id) ?? []), notice]);
  }
  return ringing;
}

export function mustStop(list = []) {
  return list.some((notice) => notice.template === STOPPED);
}

export function settle(list) {
  for (const notice of list) done.add(notice.receipt);
  acknowledge(list);
}

// Make sound and bar say what `ringing` says; `repaint` draws the cards again.
export function sound(ringing, orders, repaint) {
  const all = [...ringing.values()].flat();
  const bar = byId("ringing");
  document.body.classList.toggle("is-ringing", all.length > 0);
  bar.hidden = all.length === 0;
  if (!all.length) return ringer.stop();
  const oldest = Math.min(...all.map((notice) => Date.parse(notice.created_at)));
  ringer.isLoud = hub.now() - oldest > LOUD_AFTER_MS;
  ringer.start();
  const calls = all.filter((notice) => notice.template !== STOPPED);
  const numbers = [...ringing.keys()].map((id) => `#${orders.get(id).number}`).join(" ");
  bar.replaceChildren(
    h("span", {}, calls.length ? t("board.calls", { numbers }) : t("board.stop_calls", { numbers })),
    calls.length
      ? h(
          "button",
          {
            id: "acknowledge",
            onclick: () => {
              settle(calls);
              repaint();
            },
          },
          t("board.acknowledge"),
          h("kbd", { "aria-hidden": "true" }, t("board.space")),
        )
      : "",
  );
}
