// What a shop can do with an order: one function a deed, asking first where something must be said.

import { Refused } from "@paidan/realtime";
import type { Json } from "@paidan/realtime";

import { terms } from "@/api/terms";
import { explain, give } from "@/live/commands";
import type { Order } from "@/live/order";
import { ask } from "@/ui/asking";
import { toast } from "@/ui/toasts";
import { t, word } from "@/words";

export const DELAYS = [5, 10, 15] as const;
const WAITS = ["5", "10", "15"] as const;
const NUDGE_REPLIES = ["nudge_soon", "nudge_busy", "nudge_courier"] as const;

export type Deed = (order: Order, minutes?: number) => Promise<unknown>;

export interface Staff {
  id: string;
  name: string;
}

const mine = new Set<string>(); // orders this device decided about itself

export class Deeds {
  staff: Staff[] = [];
  onAccepted: (order: Order) => void = () => {}; // on this device
  readonly me: string;

  constructor(me: string) {
    this.me = me;
  }

  isMine(orderId: string): boolean {
    return mine.has(orderId);
  }

  // Who did it, as this board knows them.
  nameOf(actor?: Json): string {
    const known = this.staff.find((person) => person.id === actor?.["id"]);
    return known?.name ?? word("actors", actor?.["type"] ?? "system");
  }

  // trigger -> deed; a trigger that is missing here is nothing for a board.
  readonly all: Record<string, Deed> = {
    accept: (order) => this.accept(order),
    reject: (order) => this.reject(order),
    start: (order) => this.give("order.start", order),
    mark_ready: (order) => this.give("order.ready", order),
    hand_over: (order) => this.handOver(order),
    complete: (order) => this.give("order.complete", order),
    delay: (order, minutes = 5) => this.give("order.delay", order, { minutes }),
    propose_adjustment: (order) => this.adjust(order),
    reply_nudge: (order) => this.replyNudge(order),
    agree: (order) => this.give("order.answer_cancellation", order, { agree: true }),
    refuse: (order) => this.give("order.answer_cancellation", order, { agree: false }),
    stop: (order) => this.stop(order),
    stop_no_courier: (order) => this.stopForNoCourier(order),
    self_deliver: (order) => this.selfDeliver(order),
    wait: (order) => this.wait(order),
    propose_pickup: (order) => this.proposePickup(order),
    finish_return: (order) => this.giveToLeg("leg.finish_return", order),
  };

  private async give(name: string, order: Order, args: Json = {}): Promise<Json | null> {
    mine.add(order.id);
    const done = await give(name, { order_id: order.id, ...args }, (error) => this.tellWhoWon(error, order));
    if (done === null) mine.delete(order.id);
    return done;
  }

  private async accept(order: Order): Promise<void> {
    const done = await this.give("order.accept", order);
    if (done) this.onAccepted((done["order"] as Order | undefined) ?? order);
  }

  private giveToLeg(name: string, order: Order, args: Json = {}): Promise<Json | null> {
    return give(name, { leg_id: order.leg?.id, ...args });
  }

  private tellWhoWon(error: unknown, order: Order): void {
    if (!(error instanceof Refused) || error.code !== "illegal_transition") return explain(error);
    const name = this.nameOf(error.d["decided_by"]?.actor);
    toast(t("board.too_late", { number: order.number, name, state: word("states", error.d["state"]) }), "alert");
  }

  private reasons(): string[] {
    return terms.value.reasons.merchant;
  }

  private async reject(order: Order): Promise<void> {
    const options = this.reasons().filter((reason) => reason !== "not_collected");
    const items = Object.fromEntries(order.lines.map((line) => [line.item_id, line.name]));
    const said = await ask({
      title: t("board.reject"),
      yes: t("board.reject"),
      isGrave: true,
      fields: [
        { kind: "choice", name: "reason", options, words: "reasons" },
        { kind: "checks", name: "item_ids", options: items, legend: t("board.sold_out_too") },
      ],
    });
    if (said) await this.give("order.reject", order, said);
  }

  private async handOver(order: Order): Promise<void> {
    if (order.fulfilment !== "pickup") return void (await this.give("order.hand_over", order));
    const said = await ask({
      title: t("board.hand_over"),
      fields: [{ kind: "text", name: "code", label: t("board.code_ask"), type: "tel", maxlength: 8 }],
    });
    if (said) await this.give("order.hand_over", order, said);
  }

  private async stop(order: Order): Promise<void> {
    const title = t("board.stop");
    const said = await ask({ title, yes: title, isGrave: true, fields: [{ kind: "choice", name: "reason", options: this.reasons(), words: "reasons" }] });
    if (said) await this.give("order.stop", order, said);
  }

  private async stopForNoCourier(order: Order): Promise<void> {
    const title = t("board.stop");
    const said = await ask({ title, yes: title, isGrave: true, fields: [{ kind: "words", text: word("reasons", "no_courier") }] });
    if (said) await this.give("order.stop", order, { reason: "no_courier" });
  }

  // Who of the shop's people carries it; nobody is asked where there is one only.
  private async selfDeliver(order: Order): Promise<void> {
    const labels = Object.fromEntries(this.staff.map((person) => [person.id, person.name]));
    const options = Object.keys(labels).sort((a, b) => Number(b === this.me) - Number(a === this.me));
    let carrier = options[0] ?? this.me;
    if (options.length > 1) {
      const said = await ask({ title: t("board.who_delivers"), fields: [{ kind: "choice", name: "carrier", options, labels }] });
      if (!said) return;
      carrier = String(said["carrier"]);
    }
    await this.giveToLeg("leg.self_deliver", order, { person_id: carrier });
  }

  private async wait(order: Order): Promise<void> {
    const said = await ask({ title: t("board.wait_ask"), fields: [{ kind: "choice", name: "minutes", options: WAITS, words: "waits" }] });
    if (said) await this.giveToLeg("leg.wait", order, { minutes: Number(said["minutes"]) });
  }

  private async proposePickup(order: Order): Promise<void> {
    const title = word("deeds", "propose_pickup");
    const said = await ask({ title, yes: title, fields: [{ kind: "words", text: t("board.pickup_hint") }] });
    if (said) await this.give("order.propose_pickup", order);
  }

  private async adjust(order: Order): Promise<void> {
    const lines = order.lines.map((line) => ({ id: line.id, label: line.name, most: line.quantity }));
    const said = await ask({
      title: t("board.adjust"),
      fields: [
        { kind: "amounts", name: "amounts", lines },
        { kind: "choice", name: "how", options: ["propose_adjustment", "adjust"], words: "adjust_how" },
      ],
    });
    if (!said) return;
    const amounts = said["amounts"] as Record<string, number>;
    const changed = order.lines
      .filter((line) => amounts[line.id] !== line.quantity)
      .map((line) => ({ line_id: line.id, quantity: amounts[line.id] }));
    if (changed.length) await this.give(`order.${said["how"]}`, order, { lines: changed });
  }

  private async replyNudge(order: Order): Promise<void> {
    const options = NUDGE_REPLIES.map((name) => t(`board.${name}`));
    const said = await ask({ title: t("board.reply_nudge"), fields: [{ kind: "choice", name: "reply", options }] });
    if (said) await this.give("order.reply_nudge", order, said);
  }
}
