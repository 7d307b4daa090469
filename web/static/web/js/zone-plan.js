// A zone's last plan: for each courier the trips in order, how firm they are, and what is on none.

import { byId, h, keyed } from "./dom.js";
import { t, timeOf, word } from "./words.js";

const TONES = { accepted: "good", asked: "warn", planned: "" };

export function showPlan({ owner, plan }) {
  showFacts(owner, plan);
  showUnplanned(plan?.unplanned ?? [], plan?.unplanned_count ?? 0);
  const busy = (plan?.couriers ?? []).toSorted((a, b) => b.trips.length - a.trips.length);
  keyed(byId("plans"), busy, { key: (each) => each.id, stamp: JSON.stringify, build: courierCard });
}

function showFacts(owner, plan) {
  const facts = [
    [t("zone.owner"), owner ?? t("zone.nobody"), "owner"],
    [t("zone.planned_at"), plan ? timeOf(plan.planned_at, { seconds: true }) : t("zone.never"), "planned-at"],
    [t("zone.took"), plan ? t("zone.took_ms", { n: plan.took_ms, rounds: plan.rounds }) : "–", "took"],
  ];
  byId("facts").replaceChildren(...facts.flatMap(([name, value, id]) => [h("dt", {}, name), h("dd", { id }, value)]));
}

function showUnplanned(legs, count) {
  byId("unplanned-card").hidden = count === 0;
  keyed(byId("unplanned"), legs, {
    key: (leg) => leg.id,
    stamp: JSON.stringify,
    build: (leg) => h("li", { "data-unplanned": leg.id }, h("p", { class: "spread" }, name(leg), h("span", {}, leg.shop)), h("p", { class: "row small" }, reasons(leg.why))),
  });
}

function reasons(why) {
  const found = Object.entries(why);
  if (!found.length) return h("span", { class: "badge alert" }, t("zone.nobody_there"));
  return found.map(([skip, count]) => h("span", { class: "badge warn" }, `${word("skips", skip)} · ${count}`));
}

function courierCard(courier) {
  return h(
    "article",
    { class: "card stack", "data-courier": courier.id },
    h("div", { class: "spread" }, h("h3", {}, courier.name), courier.carried_count ? h("span", { class: "badge warn" }, t("operator.jobs", { n: courier.carried_count })) : h("span", { class: "badge" }, t("zone.free"))),
    courier.trips.length ? courier.trips.map(tripPart) : h("p", { class: "muted" }, t("zone.no_trip")),
  );
}

function tripPart(trip) {
  return h(
    "div",
    { class: "trip" },
    h("p", { class: "spread" }, h("b", {}, trip.legs[0].shop), h("span", { class: "number small muted" }, t("zone.leave_pickup", { leave: timeOf(trip.leave_at), pickup: timeOf(trip.pickup_at) }))),
    trip.legs.map((leg) =>
      h(
        "p",
        { class: "spread", "data-leg": leg.id, "data-status": leg.status },
        h("span", {}, name(leg), " ", h("span", { class: `badge ${TONES[leg.status]}` }, word("firmness", leg.status)), leg.is_pinned ? h("span", { class: "badge info" }, t("zone.is_pinned")) : ""),
        h("span", { class: "number small" }, t("zone.door_at", { time: timeOf(leg.dropoff_at) })),
      ),
    ),
  );
}

function name(leg) {
  return leg.order_id ? h("a", { href: `/operator?order=${leg.order_id}` }, `#${leg.number}`) : h("span", {}, "–");
}
