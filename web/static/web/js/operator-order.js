// One order on the operators' desk: its timeline, and the hands that an operator has.

import { byId, h } from "./dom.js";
import { stateBadge } from "./notice-words.js";
import { whyParts } from "./operator-why.js";
import { ask, choice, explain } from "./overlays.js";
import { proofLink, proofOf } from "./proof-view.js";
import { get, hub } from "./shell.js";
import { money, t, timeOf, word } from "./words.js";

const STOP_REASONS = ["shop_closed", "cannot_fulfil", "no_courier", "delivery_failed", "fraud", "other"];
const WAITS = ["5", "10", "15"];

export async function openOrder(id, changed) {
  const drawer = byId("drawer");
  drawer.hidden = false;
  try {
    const [order, timeline] = await Promise.all([get(`/api/v1/orders/${id}`), get(`/api/v1/orders/${id}/timeline`)]);
    const [search, told] = await Promise.all([order.leg ? get(`/api/v1/legs/${order.leg.id}/search`) : null, get(`/api/v1/operator/notices?query=${id}`)]);
    const again = () => {
      openOrder(id, changed);
      changed();
    };
    drawer.replaceChildren(...parts({ ...order, search, notices: told.items }, timeline.items, again));
    drawer.querySelector("button").focus();
  } catch (error) {
    drawer.hidden = true;
    explain(error);
  }
}

function parts(order, items, again) {
  return [
    h("div", { class: "spread" }, h("h2", {}, `#${order.number} ${order.merchant.name}`), h("button", { class: "plain", onclick: () => (byId("drawer").hidden = true) }, t("shell.close"))),
    h(
      "p",
      { class: "row" },
      h("span", { class: "badge info" }, word("states", order.state)),
      order.is_flagged ? h("span", { class: "badge alert" }, t("operator.flagged")) : "",
      order.hold ? h("span", { class: "badge warn" }, `${t("board.held")}: ${order.hold.reason}`) : "",
      h("span", {}, `${order.customer.name} · ${order.contact.phone}`),
      h("b", { class: "number" }, money(order.total_minor, order.currency)),
    ),
    h("div", { class: "row" }, deeds(order, again), h("a", { class: "button", href: `/orders/${order.id}` }, t("operator.track"))),
    order.search?.pin ? h("p", { class: "note warn", id: "pin" }, pinned(order.search.pin)) : "",
    ...(order.search ? whyParts(order.search) : []),
    proofOf(order.leg),
    order.leg?.failure_reason ? h("p", { class: "note warn" }, t("order.failed", { reason: word("failures", order.leg.failure_reason) })) : "",
    order.leg?.failure_photo ? proofLink(order.leg.failure_photo, t("order.failure_photo")) : "",
    ...noticeParts(order.notices),
    h("h3", {}, t("operator.timeline")),
    h(
      "ol",
      { class: "timeline" },
      items.map((item) =>
        h("li", {}, h("time", { class: "muted number" }, timeOf(item.at, { seconds: true })), h("span", {}, word("events", item.type), " ", h("span", { class: "muted" }, word("actors", item.actor.type)))),
      ),
    ),
  ];
}

// Who was told of the order, the newest first; each leads to its whole story.
function noticeParts(notices) {
  const listed = notices.map((notice) =>
    h(
      "li",
      { "data-notice": notice.id },
      h("time", { class: "muted number" }, timeOf(notice.created_at, { seconds: true })),
      h("span", { class: "row" }, h("a", { href: `/operator/notices/${notice.id}` }, notice.title), Object.entries(notice.messages).map(([state, count]) => stateBadge(state, count))),
    ),
  );
  return [h("h3", {}, t("notices.of_order")), listed.length ? h("ol", { class: "timeline", id: "order-notices" }, listed) : h("p", { class: "muted" }, t("notices.none_of_order"))];
}

function pinned({ courier, at, reason }) {
  const said = `${t("operator.pinned", { name: courier.name })} · ${timeOf(at)}`;
  return reason ? `${said} · “${reason}”` : said;
}

function deeds(order, again) {
  const button = (name, run, kind = "") =>
    h(
      "button",
      {
        class: kind,
        "data-deed": name,
        onclick: async () => {
          if (await run(order)) again();
        },
      },
      t(`operator.${name}`),
    );
  const isComingBack = order.open && ["failed", "returning"].includes(order.leg?.state);
  return [
    order.allowed.includes("hold") ? button("hold", hold) : "",
    order.allowed.includes("release") ? button("release", (each) => give("order.release", { order_id: each.id })) : "",
    order.leg && order.open ? button("assign", assign) : "",
    order.leg && order.open && !order.leg.courier ? button("pin", pin) : "",
    isAsked(order) ? button("wait", wait) : "",
    order.allowed.includes("propose_pickup") ? button("propose_pickup", proposePickup) : "",
    order.allowed.includes("convert_to_pickup") ? button("convert", convert) : "",
    order.search?.pin ? button("unpin", (each) => give("leg.unpin", { leg_id: each.leg.id })) : "",
    ...(isComingBack ? ["finish_return", "reattempt"].map((name) => button(name, (each) => give(`leg.${name}`, { leg_id: each.leg.id }))) : []),
    order.allowed.includes("stop") ? button("stop", stop, "grave") : "",
  ];
}

async function give(name, args) {
  try {
    await hub.command(name, args);
    return true;
  } catch (error) {
    explain(error);
    return false;
  }
}

async function hold(order) {
  const reason = h("input", { name: "reason", required: true, maxlength: 120, autofocus: true });
  const said = await ask({ title: t("operator.hold"), fields: h("label", {}, t("operator.reason"), reason) });
  return said && give("order.hold", { order_id: order.id, reason: said.reason });
}

async function stop(order) {
  const said = await ask({ title: t("operator.stop"), fields: choice("reason", STOP_REASONS, "reasons"), isGrave: true });
  return said && give("order.stop", { order_id: order.id, reason: said.reason });
}

// Nobody takes the leg, and the shop was asked what to do: operators may answer for it.
function isAsked({ open, leg }) {
  return open && leg?.state === "unassigned" && Boolean(leg.search_escalated_at);
}

async function wait(order) {
  const said = await ask({ title: t("operator.wait"), fields: [h("p", { class: "muted" }, t("operator.wait_hint")), choice("minutes", WAITS, "waits")] });
  return said && give("leg.wait", { leg_id: order.leg.id, minutes: Number(said.minutes) });
}

async function proposePickup(order) {
  const said = await ask({ title: t("operator.propose_pickup"), fields: h("p", {}, t("board.pickup_hint")) });
  return said && give("order.propose_pickup", { order_id: order.id });
}

async function convert(order) {
  const said = await ask({ title: t("operator.convert"), fields: h("p", {}, t("operator.convert_hint")), isGrave: true });
  return said && give("order.convert_to_pickup", { order_id: order.id });
}

async function assign(order) {
  return overrule(order, "assign", []);
}

async function pin(order) {
  return overrule(order, "pin", [h("p", { class: "muted" }, t("operator.pin_hint"))]);
}

// Choose a courier on line, say why, and give the leg's command of that name.
async function overrule(order, name, hint) {
  const { couriers = [] } = await get("/api/v1/operator/overview");
  const fields = couriers.length
    ? h("label", {}, t("operator.courier"), h("select", { name: "courier_id" }, couriers.map((courier) => h("option", { value: courier.id }, `${courier.name} (${courier.active_count})`))))
    : h("p", { class: "note warn" }, t("operator.none_online"));
  const why = h("label", {}, t("operator.assign_reason"), h("input", { name: "reason", maxlength: 120 }));
  const said = await ask({ title: t(`operator.${name}`), fields: [...hint, fields, why] });
  return said?.courier_id && give(`leg.${name}`, { leg_id: order.leg.id, courier_id: said.courier_id, reason: said.reason });
}
