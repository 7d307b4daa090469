// What went to one webhook: each message, what became of it, and its story.

import { byId, h, keyed } from "./dom.js";
import { ask, explain, toast } from "./overlays.js";
import { get, post } from "./shell.js";
import { dateAndTimeOf, t, timeOf, word } from "./words.js";

const SHOWN = 30;
const TONE = { accepted: "good", dead: "alert", retrying: "warn", held: "warn", pulled: "info", leased: "info" };

export class Deliveries {
  #webhook = null;

  async open(webhook) {
    this.#webhook = webhook;
    byId("deliveries-card").hidden = false;
    byId("deliveries-of").textContent = webhook.url || t("webhooks.queue");
    await this.refresh();
    byId("deliveries-card").scrollIntoView({ block: "nearest" });
  }

  async refresh() {
    if (!this.#webhook) return;
    const { items } = await get(`${this.#address}?limit=${SHOWN}`);
    const shown = items.length ? items : [null];
    keyed(byId("deliveries"), shown, {
      key: (row) => row?.id ?? "none",
      stamp: (row) => (row ? `${row.state} ${row.attempts} ${row.due_at}` : ""),
      build: (row) => (row ? this.#row(row) : h("tr", {}, h("td", { colspan: 7, class: "muted" }, t("webhooks.nothing_sent")))),
    });
  }

  get #address() {
    return `/api/v1/webhooks/${this.#webhook.id}/deliveries`;
  }

  #row(row) {
    const again = row.state === "accepted" || row.state === "dead";
    return h(
      "tr",
      { "data-delivery": row.id, "data-state": row.state },
      h("td", { class: "number" }, timeOf(row.created_at, { seconds: true })),
      h("td", {}, row.type, row.is_replay ? h("span", { class: "badge" }, t("webhooks.replay")) : ""),
      h("td", { class: "small muted", title: row.thing }, row.thing.replace(/:.*-/, " …")),
      h("td", {}, h("span", { class: `badge ${TONE[row.state] ?? ""}` }, word("webhook_states", row.state))),
      h("td", { class: "number" }, row.attempts),
      h("td", { class: "small" }, row.code, row.state === "retrying" ? ` → ${timeOf(row.due_at, { seconds: true })}` : ""),
      h(
        "td",
        { class: "row" },
        h("button", { class: "plain", "data-deed": "story", onclick: () => this.#tell(row).catch(explain) }, word("webhook_deeds", "story")),
        again ? h("button", { class: "plain", "data-deed": "again", onclick: () => this.#again(row).catch(explain) }, word("webhook_deeds", "again")) : "",
      ),
    );
  }

  async #again(row) {
    await post(`/api/v1/webhooks/${this.#webhook.id}/replay`, { delivery_id: row.id });
    toast(t("webhooks.replayed", { n: 1 }));
    await this.refresh();
  }

  async #tell(row) {
    const story = await get(`${this.#address}/${row.id}`);
    await ask({
      title: story.type,
      fields: h(
        "div",
        { class: "stack" },
        h("p", { class: "small muted" }, story.message_id),
        h("ol", {}, story.tries.map((each) => h("li", { "data-try": each.number }, `${dateAndTimeOf(each.started_at)} · ${each.code}`))),
        h("pre", { class: "scroll small" }, JSON.stringify(JSON.parse(story.body), null, 2)),
      ),
      yes: t("shell.close"),
    });
  }
}
