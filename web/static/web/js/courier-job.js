// One job of a courier: where to go next, and the one big step to take there.

import { askProof, photoField, photoOf } from "./courier-proof.js";
import { give } from "./courier-steps.js";
import { h } from "./dom.js";
import { suggestion } from "./nearness.js";
import { ask, choice, toast } from "./overlays.js";
import { money, t, timeOf, word } from "./words.js";

const FAILURES = ["nobody_there", "refused", "wrong_address", "damaged", "other"];
const MAIN = ["pick_up", "arrive_pickup", "deliver", "arrive_dropoff", "return"];
const HINTS = { at_pickup: "courier.wait_ready", delivered: "courier.wait_sent", returning: "courier.return_hint" };

async function pickUp(leg) {
  const number = h("input", { name: "number", type: "number", min: 1, required: true, inputmode: "numeric", autofocus: true });
  const said = await ask({ title: t("courier.pick_up"), fields: h("label", {}, t("courier.number_ask"), number) });
  if (!said) return;
  // Known here as well: a wrong bag must not wait for a connection to be found.
  if (leg.number !== undefined && Number(said.number) !== leg.number) return toast(t("errors.wrong_number"), "alert");
  await give("leg.pick_up", leg, { number: Number(said.number) });
}

async function deliver(leg) {
  const shown = await askProof(leg);
  if (shown) await give("leg.deliver", leg, { proof: shown.proof }, shown.file);
}

async function fail(leg) {
  const fields = [choice("reason", FAILURES, "failures"), photoField(false)];
  const said = await ask({ title: t("courier.fail"), fields, isGrave: true });
  if (!said) return;
  const file = await photoOf(said);
  await give("leg.fail", leg, { reason: said.reason, ...(file && { photo: file.id }) }, file);
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

function hint(leg) {
  return HINTS[leg.state] ? h("p", { class: "note", "data-hint": leg.state }, t(HINTS[leg.state], { time: timeOf(leg.return_by) })) : "";
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
    leg.is_contactless ? h("p", { class: "note" }, t("courier.leave_at_door")) : "",
    leg.failure_reason ? h("p", { class: "note warn" }, word("failures", leg.failure_reason)) : "",
    leg.collect_minor && !leg.failure_reason ? h("p", { class: "note" }, t("courier.collect", { amount: money(leg.collect_minor, leg.currency) })) : "",
    suggestion(leg),
    main ? stepButton(leg, main, "main big") : hint(leg),
    leg.waiting ? h("p", { class: "note warn", "data-waiting": leg.waiting }, t("courier.steps_wait", { n: leg.waiting })) : "",
    h("div", { class: "row" }, others.map((trigger) => stepButton(leg, trigger, trigger === "fail" || trigger === "unassign" ? "plain grave" : "plain"))),
  );
}

function phone(number) {
  return number ? h("a", { class: "button", href: `tel:${number}` }, number) : "";
}
