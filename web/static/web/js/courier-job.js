// One job of a courier: where to go next, and the one big step to take there.

import { h } from "./dom.js";
import { ask, choice, explain, toast } from "./overlays.js";
import { hub } from "./shell.js";
import { money, t, timeOf, word } from "./words.js";

const FAILURES = ["nobody_there", "refused", "wrong_address", "damaged", "other"];
const MAIN = ["pick_up", "arrive_pickup", "deliver", "arrive_dropoff", "return_done", "return"];

// Without a connection the step waits in the hub and goes out once, when there is one again.
async function give(name, leg, args = {}) {
  if (!hub.ready) toast(t("courier.queued"));
  try {
    await hub.command(name, { leg_id: leg.id, ...args }, { timeoutMs: Infinity }); // lifts are slow
  } catch (error) {
    explain(error);
  }
}

async function pickUp(leg) {
  const number = h("input", { name: "number", type: "number", min: 1, required: true, inputmode: "numeric", autofocus: true });
  const said = await ask({ title: t("courier.pick_up"), fields: h("label", {}, t("courier.number_ask"), number) });
  if (said) await give("leg.pick_up", leg, { number: Number(said.number) });
}

async function deliver(leg) {
  const pin = h("input", { name: "pin", required: true, inputmode: "numeric", autocomplete: "off", autofocus: true });
  const said = await ask({ title: t("courier.deliver"), fields: h("label", {}, t("courier.pin_ask"), pin) });
  if (said) await give("leg.deliver", leg, { proof: { kind: "pin", value: said.pin.trim() } });
}

async function fail(leg) {
  const said = await ask({ title: t("courier.fail"), fields: choice("reason", FAILURES, "failures"), isGrave: true });
  if (said) await give("leg.fail", leg, { reason: said.reason });
}

async function giveBack(leg) {
  const said = await ask({ title: t("courier.unassign"), fields: h("p", {}, t("courier.give_back_hint")), isGrave: true });
  if (said) await give("leg.give_back", leg);
}

const DEEDS = {
  arrive_pickup: (leg) => give("leg.arrive_pickup", leg),
  pick_up: pickUp,
  arrive_dropoff: (leg) => give("leg.arrive_dropoff", leg),
  deliver,
  fail,
  return: (leg) => give("leg.start_return", leg),
  return_done: (leg) => give("leg.finish_return", leg),
  unassign: giveBack,
};

// A step of a leg as a button; `leg` needs its id only.
export function stepButton(leg, trigger, kind) {
  const run = async ({ currentTarget }) => {
    currentTarget.disabled = true;
    await DEEDS[trigger](leg);
    currentTarget.disabled = false;
  };
  return h("button", { class: kind, "data-deed": trigger, onclick: run }, t(`courier.${trigger}`));
}

function mainOf(leg) {
  if (leg.state === "at_pickup" && !leg.allowed.includes("pick_up")) return null;
  if (leg.state === "assigned") return "arrive_pickup";
  if (leg.state === "picked_up") return "arrive_dropoff";
  return MAIN.find((trigger) => leg.allowed.includes(trigger)) ?? null;
}

export function jobCard(leg) {
  const atShop = ["assigned", "at_pickup", "returning"].includes(leg.state);
  const place = atShop ? leg.merchant : leg.dropoff;
  const main = mainOf(leg);
  const others = leg.allowed.filter((trigger) => DEEDS[trigger] && trigger !== main);
  return h(
    "article",
    { class: "card stack", "data-leg": leg.id, "data-state": leg.state },
    h("div", { class: "job-head" }, h("span", { class: "order-number" }, `#${leg.number}`), h("span", { class: "badge info" }, word("legs", leg.state))),
    h("h2", {}, atShop ? leg.merchant.name : leg.contact.name),
    h("p", {}, place?.address ?? ""),
    h("p", { class: "row" }, phone(atShop ? leg.merchant.phone : leg.contact.phone), h("span", { class: "muted" }, t("courier.items", { n: leg.lines_count })), leg.ready_at ? h("span", { class: "badge good" }, t("courier.is_ready")) : h("span", { class: "muted" }, t("courier.ready_about", { time: timeOf(leg.promised_ready_at) }))),
    leg.fee_minor ? h("p", { class: "muted small", "data-pay": leg.fee_minor + leg.bonus_minor }, t("courier.promised", { amount: money(leg.fee_minor + leg.bonus_minor, leg.currency) })) : "",
    word("job_why", leg.why) === leg.why ? "" : h("p", { class: "muted small", "data-why": leg.why }, word("job_why", leg.why)),
    leg.note ? h("p", { class: "note warn" }, `“${leg.note}”`) : "",
    leg.collect_minor ? h("p", { class: "note" }, t("courier.collect", { amount: money(leg.collect_minor, leg.currency) })) : "",
    main ? stepButton(leg, main, "main big") : h("p", { class: "note" }, t("courier.wait_ready")),
    h("div", { class: "row" }, others.map((trigger) => stepButton(leg, trigger, trigger === "fail" || trigger === "unassign" ? "plain grave" : "plain"))),
  );
}

function phone(number) {
  return number ? h("a", { class: "button", href: `tel:${number}` }, number) : "";
}
