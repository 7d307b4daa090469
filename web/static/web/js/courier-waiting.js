// What waits for a connection, and what came too late: nothing that was done off line is lost
// without a word. And the page itself, kept for a visit without a connection.

import { kept, onSteps, queue } from "./courier-steps.js";
import { byId, h, keyed } from "./dom.js";
import { me } from "./shell.js";
import { t, timeOf, word } from "./words.js";

const CACHE = "paidan-courier";
const ROWS = /^(leg|courier):/;

function showWaiting() {
  const count = queue.waiting().length;
  const parts = [...(count ? [{ counter: 0, count }] : []), ...queue.refused()];
  keyed(byId("steps"), parts, {
    key: (step) => String(step.counter),
    stamp: (step) => step.count ?? step.state,
    build: (step) => (step.count ? h("p", { class: "note warn", "data-waiting": step.count }, t("courier.steps_wait", { n: step.count })) : refusal(step)),
  });
}

function refusal(step) {
  const known = word("errors", step.code);
  return h(
    "article",
    { class: "card note alert stack", "data-refused": step.name, "data-code": step.code },
    h("b", {}, t("courier.step_refused", { step: t(`courier.${step.name.replace("leg.", "")}`), number: step.number ?? "", time: timeOf(step.at) })),
    h("p", {}, step.orderState === "cancelled" ? t("courier.job_cancelled", { number: step.number }) : known === step.code ? step.detail : known),
    h("button", { class: "plain", "data-deed": "forget", onclick: () => queue.forget(step) }, t("courier.understood")),
  );
}

// Keep what the page shows, for a visit without a connection.
export function keepRows(rows) {
  const own = rows.filter((row) => ROWS.test(row.key));
  kept.putView(`courier:${me}`, own).catch(() => {});
}

export async function keptRows() {
  return (await kept.view(`courier:${me}`).catch(() => null)) ?? [];
}

// Keep the page and all that it has loaded from here.
export async function keepPage() {
  if (!globalThis.caches || !navigator.serviceWorker) return;
  const own = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
  const files = own.filter((url) => url.origin === location.origin && url.pathname.startsWith("/static/")).map((url) => url.href);
  const cache = await caches.open(CACHE);
  await cache.addAll([location.pathname, ...new Set(files)]);
  document.body.dataset.kept = files.length;
}

onSteps(showWaiting);
showWaiting();
