// The operators' desk: what stands where, what is about to break, and every order's whole story.

import { countdown } from "./countdown.js";
import { byId, h, keyed } from "./dom.js";
import { CityMap } from "./map.js";
import { explain } from "./overlays.js";
import { showAlarms } from "./operator-alarms.js";
import { openOrder } from "./operator-order.js";
import { get, hub } from "./shell.js";
import { data, t, timeOf, word } from "./words.js";

const REFRESH_MS = 2_000;
const RING_SECONDS = 300;
const STATES = ["pending_payment", "placed", "accepted", "preparing", "ready", "handed_over"];

const map = new CityMap(byId("map"));
let query = "";

async function refresh() {
  if (document.hidden) return;
  const search = new URLSearchParams(query ? { query, limit: 50 } : { live: true, limit: 50 });
  const [overview, found] = await Promise.all([
    get("/api/v1/operator/overview"),
    get(`/api/v1/operator/orders?${search}`),
  ]);
  showCounters(overview);
  showOrders(found.items);
  showFlagged(overview.flagged, overview.attended ?? {});
  showDeadlines(overview.deadlines, found.items);
  showBoards(overview.boards ?? []);
  showPaused(overview.paused ?? []);
  showCouriers(overview.couriers ?? []);
  showZones(overview.zones ?? []);
  showPrograms(overview.webhooks?.ailing ?? []);
  showQueues(overview.queues ?? []);
}

function showCounters({ orders, deadlines, couriers = [] }) {
  const late = deadlines.late_count;
  const values = [
    ...STATES.map((state) => [word("states", state), orders.by_state[state] ?? 0, ""]),
    [t("operator.online"), couriers.length, ""],
    [t("operator.late"), late, late ? "alert" : ""],
  ];
  byId("counters").querySelector(".loading")?.remove();
  keyed(byId("counters"), values, {
    key: ([name]) => name,
    stamp: ([, value]) => value,
    build: ([name, value, tone]) =>
      h("div", { class: "card counter" }, h("b", {}, h("span", { class: tone ? "badge alert" : "" }, value)), h("span", { class: "muted small" }, name)),
  });
}

function showOrders(orders) {
  const shown = orders.length ? orders : [null];
  keyed(byId("orders"), shown, {
    key: (order) => order?.id ?? "none",
    stamp: (order) => order?.version ?? 0,
    build: (order) => (order ? orderRow(order) : h("tr", {}, h("td", { colspan: 5, class: "muted" }, t("operator.none")))),
  });
}

function orderRow(order) {
  const open = () => openOrder(order.id, refresh);
  return h(
    "tr",
    { "data-order": order.id, tabindex: 0, onclick: open, onkeydown: (event) => event.key === "Enter" && open() },
    h("td", { class: "number" }, `#${order.number}`),
    h("td", {}, order.merchant.name),
    h("td", {}, h("span", { class: `badge ${order.is_flagged || order.hold ? "alert" : ""}` }, word("states", order.state))),
    h("td", {}, order.leg?.courier?.name ?? (order.leg ? word("legs", order.leg.state) : "–")),
    h("td", { class: "number" }, timeOf(order.times.created_at)),
  );
}

function list(id, items, empty, { key, stamp, build }) {
  const shown = items.length ? items : [null];
  keyed(byId(id), shown, {
    key: (item) => (item ? key(item) : "none"),
    stamp: (item) => (item ? stamp(item) : ""),
    build: (item) => (item ? build(item) : h("li", { class: "muted" }, t(empty))),
  });
}

function showFlagged(orders, attended) {
  list("flagged", orders, "operator.none_flagged", {
    key: (order) => order.id,
    stamp: (order) => `${order.state} ${attended[order.id] ?? ""}`,
    build: (order) =>
      h("li", {}, h("button", { onclick: () => openOrder(order.id, refresh) }, `#${order.number} ${order.merchant.name}`), " ", h("span", { class: "badge alert" }, word("states", order.state)), attended[order.id] ? h("span", { class: "badge good", "data-attended": order.id }, attended[order.id]) : ""),
  });
}

function showDeadlines({ next }, orders) {
  const numbers = new Map(orders.flatMap((order) => [[order.id, order], [order.leg?.id, order]]));
  const soon = next.filter(({ kind }) => word("deadlines", kind) !== kind).slice(0, 8);
  list("deadlines", soon, "operator.none_due", {
    key: (deadline) => `${deadline.kind} ${deadline.subject}`,
    stamp: (deadline) => deadline.due_at,
    build: (deadline) => {
      const order = numbers.get(deadline.subject);
      const name = order ? `#${order.number} ${order.merchant.name}` : "";
      return h("li", { class: "spread" }, h("span", {}, word("deadlines", deadline.kind), " ", h("b", {}, name)), countdown(deadline.due_at, RING_SECONDS, word("deadlines", deadline.kind)));
    },
  });
}

// Open shops whose people would not hear an alert.
function showBoards(shops) {
  list("boards", shops, "operator.none_lost", {
    key: (shop) => shop.id,
    stamp: (shop) => shop.why.join(),
    build: (shop) => h("li", { class: "spread" }, h("span", {}, shop.name), h("span", {}, ...shop.why.map((why) => h("span", { class: `badge ${why === "lost" || why === "muted" ? "alert" : "warn"}` }, word("complaints", why))))),
  });
}

// Queues of messages that wait too long, or that no sender takes.
function showQueues(queues) {
  const ailing = queues.filter(({ alarm, due_count: due, server_count: servers }) => alarm || (due && !servers));
  list("queues", ailing, "operator.none_stuck", {
    key: ({ queue }) => queue,
    stamp: ({ due_count: due, oldest_seconds: oldest, server_count: servers, alarm }) => `${due} ${oldest} ${servers} ${alarm}`,
    build: ({ queue, due_count: due, oldest_seconds: oldest, server_count: servers }) =>
      h("li", { class: "spread" }, h("span", {}, queue, " ", h("b", {}, due)), h("span", { class: "badge alert" }, servers ? `${Math.round(oldest)} s` : t("operator.no_sender"))),
  });
}

// Programs of shops that take no events.
function showPrograms(webhooks) {
  list("programs", webhooks, "operator.none_failing", {
    key: (webhook) => webhook.id,
    stamp: (webhook) => `${webhook.version} ${webhook.failing_since}`,
    build: (webhook) => h("li", { class: "spread" }, h("a", { href: `/board/${webhook.merchant_id}/webhooks` }, webhook.merchant_name), h("span", { class: "badge alert" }, webhook.is_enabled ? timeOf(webhook.failing_since) : word("webhook_disabled", webhook.disabled_code))),
  });
}

function showPaused(shops) {
  list("paused", shops, "operator.none_paused", {
    key: (shop) => shop.id,
    stamp: (shop) => `${shop.paused_until} ${shop.cause}`,
    build: restingShop,
  });
}

function showZones(zones) {
  list("zones", zones, "operator.none", {
    key: (zone) => zone.id,
    stamp: (zone) => `${zone.matching} ${zone.is_owned} ${zone.planned_at}`,
    build: (zone) =>
      h(
        "li",
        { class: "spread" },
        h("a", { href: `/operator/zones/${zone.id}`, "data-zone": zone.id }, zone.name),
        h("span", { class: "row" }, zone.is_owned ? "" : h("span", { class: "badge alert" }, t("operator.no_owner")), zone.planned_at ? h("span", { class: "muted number small" }, timeOf(zone.planned_at, { seconds: true })) : "", h("span", { class: "badge" }, word("zone_choices", zone.matching))),
      ),
  });
}

// A shop that rests, why if it did not say so itself, and the way to end that.
function restingShop(shop) {
  const resume = async ({ currentTarget }) => {
    currentTarget.disabled = true;
    await hub.command("merchant.resume", { merchant_id: shop.id }).catch(explain);
    refresh();
  };
  return h(
    "li",
    { class: "row", "data-paused": shop.id },
    h("span", {}, shop.name),
    shop.cause && shop.cause !== "by_hand" ? h("span", { class: "badge alert", "data-cause": shop.cause }, word("pause_causes", shop.cause)) : "",
    h("span", { class: "badge warn" }, shop.paused_until ? t("store.is_paused", { until: shop.cause === "no_board" ? "" : timeOf(shop.paused_until) }) : t("store.is_closed")),
    shop.paused_until ? h("button", { "data-deed": "resume", onclick: resume }, t("store.resume")) : "",
  );
}

function showCouriers(couriers) {
  const online = new Set(couriers.map((courier) => `courier ${courier.id}`));
  for (const courier of couriers) {
    if (courier.latitude === null) continue;
    map.put(`courier ${courier.id}`, courier, { kind: "courier", label: courier.name, classes: courier.active_count ? "busy" : "" });
  }
  for (const id of [...map.places.keys()]) {
    if (id.startsWith("courier ") && !online.has(id)) map.remove(id);
  }
  list("couriers", couriers, "operator.none_online", {
    key: (courier) => courier.id,
    stamp: (courier) => courier.active_count,
    build: (courier) => h("li", { class: "spread" }, h("span", {}, courier.name), h("span", { class: `badge ${courier.active_count ? "warn" : "good"}` }, t("operator.jobs", { n: courier.active_count }))),
  });
}

// Positions come between two refreshes, so that couriers glide.
function onPosition(frame) {
  const id = `courier ${frame.courier}`;
  if (map.has(id)) map.put(id, { latitude: frame.lat, longitude: frame.lng }, { kind: "courier" });
}

async function keepFresh() {
  await refresh().catch(() => null);
  setTimeout(keepFresh, REFRESH_MS);
}

for (const shop of data.shops) map.put(`shop ${shop.id}`, shop, { kind: "shop" });
for (const zone of data.zones) hub.join(`zone:${zone}`, { onPosition });
byId("search").addEventListener("submit", (event) => event.preventDefault());
byId("search").addEventListener("input", (event) => {
  query = event.target.value.trim();
  refresh().catch(() => null);
});
const wanted = new URLSearchParams(location.search).get("order");
if (wanted) openOrder(wanted, refresh);
showAlarms((id) => openOrder(id, refresh));
keepFresh();
