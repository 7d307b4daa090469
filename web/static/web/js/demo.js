// The demonstration's page: panes that follow what is worth watching, and the newest orders.

import { byId, h, keyed } from "./dom.js";
import { get } from "./shell.js";
import { data, word } from "./words.js";

const REFRESH_MS = 2_000;
const LOOK_MS = 30_000; // how long a pane stays before it may move on

const shownSince = new Map();

function show(scene) {
  for (const pane of document.querySelectorAll("[data-pane]")) turn(pane, scene[pane.dataset.pane]);
  keyed(byId("orders"), scene.orders, {
    key: ({ id }) => id,
    stamp: ({ state }) => state,
    build: ({ url, number, shop, state }) =>
      h("li", {}, h("a", { href: url, target: "_blank" }, `#${number} ${shop}`), ` ${word("states", state)}`),
  });
}

function turn(pane, url) {
  if (!url || pane.getAttribute("src") === url) return;
  if (Date.now() - (shownSince.get(pane) ?? 0) < LOOK_MS) return;
  shownSince.set(pane, Date.now());
  pane.src = url;
}

async function refresh() {
  if (!document.hidden) show(await get("/demo/scene"));
}

show(data);
setInterval(() => refresh().catch(() => {}), REFRESH_MS);
