// What a guest of a share link sees: how far the order is, until the link ends.

import { byId, h, keyed } from "./dom.js";
import { hub, onEnded } from "./shell.js";
import { head, minutesLeft, news, onPosition, showMap, steps } from "./tracking.js";
import { data, t } from "./words.js";

const TOPIC = `order:${data.order_id}`;

function showOrder(rows) {
  const row = rows.find((each) => each.key === TOPIC);
  if (!row) return;
  const order = row.d;
  const parts = [
    ["head", `${row.ver} ${minutesLeft(order)}`, () => head(order)],
    ["news", row.ver, () => h("div", { class: "stack" }, news(order))],
    ["steps", row.ver, () => steps(order)],
  ];
  byId("order").querySelector(".loading")?.remove();
  keyed(byId("order"), parts, { key: (part) => part[0], stamp: (part) => part[1], build: (part) => part[2]() });
  showMap(order);
}

// The link has had its time, or the order has ended long ago: what was shown is no longer true.
function showEnd() {
  hub.leave(TOPIC);
  const words = [h("h1", {}, t("share.expired")), h("p", {}, t("share.expired_hint"))];
  byId("order").replaceChildren(h("div", { class: "card empty", id: "over" }, words));
  byId("map").remove();
  byId("ends").remove();
}

onEnded(showEnd);
hub.join(TOPIC, { onRows: showOrder, onPosition, onRefused: showEnd });
