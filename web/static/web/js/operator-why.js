// Why a leg has its courier, or is offered to one: who was compared, at what cost, and who was not.

import { h } from "./dom.js";
import { distance, t, timeOf, word } from "./words.js";

// The assignment keeps the ranking that led to it; until then the search's last one counts.
export function whyParts(search) {
  const reason = search.assignment_reason ?? {};
  const ranking = reason.ranking ?? search.ranking ?? {};
  const scores = Object.entries(ranking.scores ?? {}).sort(([, a], [, b]) => a.score - b.score);
  const skipped = Object.entries(ranking.skipped ?? {});
  if (!reason.mode && !scores.length && !skipped.length) return [];
  return [
    h("h3", {}, t("why.title")),
    reason.mode ? h("p", { class: "note", id: "why" }, sentence(reason)) : "",
    scores.length ? table(scores, search, ranking) : "",
    skipped.length ? others(skipped, search) : "",
  ];
}

function sentence(reason) {
  const said = word("why_modes", reason.code ?? reason.mode);
  return reason.reason ? `${said} “${reason.reason}”` : said;
}

function table(scores, search, ranking) {
  const chosen = search.courier_id ?? search.offers.findLast((offer) => offer.open)?.courier.id;
  const planned = ranking.matching === "optimise";
  return h(
    "div",
    { class: "scroll" },
    h(
      "table",
      { id: "candidates" },
      h("thead", {}, h("tr", {}, [t("operator.courier"), t(planned ? "why.cost" : "why.score"), t("why.distance"), planned ? t("why.pickup_at") : ""].map((name) => h("th", {}, name)))),
      h(
        "tbody",
        {},
        scores.map(([id, each]) =>
          h(
            "tr",
            { "data-chosen": id === chosen },
            h("td", {}, nameOf(id, search), " ", id === chosen ? h("span", { class: "badge good" }, t("why.chosen")) : ""),
            h("td", { class: "number" }, each.score.toFixed(1)),
            h("td", { class: "number" }, distance(each.distance_metres)),
            h("td", { class: "number" }, timeOf(each.pickup_at)),
          ),
        ),
      ),
    ),
  );
}

function others(skipped, search) {
  const groups = new Map();
  for (const [id, why] of skipped) groups.set(why, [...(groups.get(why) ?? []), nameOf(id, search)]);
  return h(
    "dl",
    { class: "facts", id: "skipped" },
    [...groups].map(([why, names]) => [h("dt", {}, word("skips", why)), h("dd", {}, names.join(", "))]),
  );
}

function nameOf(id, search) {
  return search.couriers[id] ?? id.slice(-6);
}
