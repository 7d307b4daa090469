// What the shop can do with an order: one function a deed, asking first where a reason is needed.

import { h } from "./dom.js";
import { ask, choice, explain, toast } from "./overlays.js";
import { hub, me } from "./shell.js";
import { data, t, word } from "./words.js";

export const DELAYS = [5, 10, 15];
const WAITS = ["5", "10", "15"];

const mine = new Set(); // orders this device decided about itself

export function isMine(orderId) {
  return mine.has(orderId);
}

async function give(name, order, args = {}, subject = { order_id: order.id }) {
  mine.add(order.id);
  try {
    await hub.command(name, { ...subject, ...args });
    return true;
  } catch (error) {
    mine.delete(order.id);
    if (error.code === "illegal_transition" && subject.order_id) tellWhoWon(error, order);
    else explain(error);
    return false;
  }
}

function tellWhoWon(error, order) {
  const by = error.d.decided_by;
  toast(
    t("board.too_late", {
      number: order.number,
      name: nameOf(by?.actor),
      state: word("states", error.d.state),
    }),
    "alert",
  );
}

// Who did it, as this board knows them.
export function nameOf(actor) {
  return data.staff[actor?.id] ?? word("actors", actor?.type ?? "system");
}

function askReason(title, { reasons = data.reasons, extra = "" } = {}) {
  const fields = [choice("reason", reasons, "reasons"), extra];
  return ask({ title, fields, yes: title, isGrave: true });
}

async function reject(order) {
  const items = h(
    "fieldset",
    { class: "stack" },
    h("legend", {}, t("board.sold_out_too")),
    order.lines.map((line) =>
      h(
        "label",
        { class: "row" },
        h("input", { type: "checkbox", name: `item:${line.item_id}` }),
        line.name,
      ),
    ),
  );
  const reasons = data.reasons.filter((reason) => reason !== "not_collected");
  const said = await askReason(t("board.reject"), { reasons, extra: items });
  if (!said) return;
  const ids = Object.keys(said).filter((name) => name.startsWith("item:"));
  await give("order.reject", order, {
    reason: said.reason,
    item_ids: ids.map((name) => name.slice(5)),
  });
}

async function handOver(order) {
  if (order.fulfilment !== "pickup") return give("order.hand_over", order);
  const code = h("input", { name: "code", inputmode: "numeric", maxlength: 8, required: true, autofocus: true });
  const fields = h("label", {}, t("board.code_ask"), code);
  const said = await ask({ title: t("board.hand_over"), fields });
  if (said) await give("order.hand_over", order, { code: said.code });
}

async function stop(order) {
  const said = await askReason(t("board.stop"));
  if (said) await give("order.stop", order, { reason: said.reason });
}

async function stopForNoCourier(order) {
  const fields = h("p", {}, word("reasons", "no_courier"));
  const said = await ask({ title: t("board.stop"), fields, yes: t("board.stop"), isGrave: true });
  if (said) await give("order.stop", order, { reason: "no_courier" });
}

// Who of the shop's people carries it; nobody is asked where there is one only.
async function selfDeliver(order) {
  const staff = Object.entries(data.staff).sort(([a], [b]) => (b === me) - (a === me));
  let carrier = staff[0]?.[0] ?? me;
  if (staff.length > 1) {
    const people = staff.map(([id, name], index) =>
      h("label", {}, h("input", { type: "radio", name: "carrier", value: id, checked: index === 0, required: true }), name),
    );
    const said = await ask({ title: t("board.who_delivers"), fields: h("div", { class: "choices" }, people) });
    if (!said) return;
    carrier = said.carrier;
  }
  await give("leg.self_deliver", order, { person_id: carrier }, { leg_id: order.leg.id });
}

async function wait(order) {
  const said = await ask({ title: t("board.wait_ask"), fields: choice("minutes", WAITS, "waits") });
  if (said) await give("leg.wait", order, { minutes: Number(said.minutes) }, { leg_id: order.leg.id });
}

async function proposePickup(order) {
  const title = word("deeds", "propose_pickup");
  const said = await ask({ title, fields: h("p", {}, t("board.pickup_hint")), yes: title });
  if (said) await give("order.propose_pickup", order);
}

async function adjust(order) {
  const quantities = order.lines.map((line) =>
    h(
      "label",
      {},
      `${line.name} ×${line.quantity}`,
      h("input", { type: "number", name: line.id, min: 0, max: line.quantity, value: line.quantity }),
    ),
  );
  const fields = [quantities, choice("how", ["propose_adjustment", "adjust"], "adjust_how")];
  const said = await ask({ title: t("board.adjust"), fields });
  if (!said) return;
  const lines = order.lines
    .filter((line) => Number(said[line.id]) !== line.quantity)
    .map((line) => ({ line_id: line.id, quantity: Number(said[line.id]) }));
  if (lines.length) await give(`order.${said.how}`, order, { lines });
}

async function replyNudge(order) {
  const replies = ["nudge_soon", "nudge_busy", "nudge_courier"].map((name) => t(`board.${name}`));
  const fields = choice("reply", replies, "nudge_replies");
  const said = await ask({ title: t("board.reply_nudge"), fields });
  if (said) await give("order.reply_nudge", order, { reply: said.reply });
}

// trigger -> deed; a trigger that is missing here is nothing for a board.
export const DEEDS = {
  accept: (order) => give("order.accept", order),
  reject,
  start: (order) => give("order.start", order),
  mark_ready: (order) => give("order.ready", order),
  hand_over: handOver,
  complete: (order) => give("order.complete", order),
  delay: (order, minutes) => give("order.delay", order, { minutes }),
  propose_adjustment: adjust,
  reply_nudge: replyNudge,
  agree: (order) => give("order.answer_cancellation", order, { agree: true }),
  refuse: (order) => give("order.answer_cancellation", order, { agree: false }),
  stop,
  stop_no_courier: stopForNoCourier,
  self_deliver: selfDeliver,
  wait,
  propose_pickup: proposePickup,
  finish_return: (order) => give("leg.finish_return", order, {}, { leg_id: order.leg.id }),
};

export async function giveToShop(name, args = {}) {
  try {
    await hub.command(name, args);
  } catch (error) {
    explain(error);
  }
}
