// What the server should know of what arrived here: `ack` for the device, `seen` and `act` for
// the person. Nothing is sent while there is no connection; it is said once there is one again.

import type { Environment } from "./environment.ts";
import { Timers } from "./environment.ts";
import type { ClientFrame } from "./frames.ts";

const ACK_MS = 500;
const REPEAT_MS = 60_000; // what was said just before a connection broke may not have arrived
const MOST = 100; // receipts in one frame

export type Said = "seen" | "act";

export class Receipts {
  private readonly env: Environment;
  private readonly timers: Timers;
  private readonly send: (frame: ClientFrame) => boolean;
  private readonly acks = new Map<string, number>();
  private readonly said: Record<Said, Map<string, number>> = { seen: new Map(), act: new Map() };
  private ackedAt = -Infinity;

  // `send` answers whether there was a connection to send over.
  constructor(env: Environment, send: (frame: ClientFrame) => boolean) {
    this.env = env;
    this.timers = new Timers(env);
    this.send = send;
  }

  // The device has everything of the topic up to `seq`; a critical event is told of at once.
  received(topic: string, seq: number, isCritical: boolean): void {
    this.acks.set(topic, seq);
    const wait = isCritical ? 0 : this.ackedAt + ACK_MS - this.env.monotonic();
    if (wait <= 0) this.flush();
    else if (!this.timers.has("ack")) this.timers.set("ack", wait, () => this.flush());
  }

  forget(topic: string): void {
    this.acks.delete(topic);
  }

  say(what: Said, receipts: string[]): void {
    const now = this.env.monotonic();
    const known = this.said[what];
    for (const [receipt, at] of known) if (at < now - REPEAT_MS) known.delete(receipt);
    const isSent = this.tell(what, receipts);
    for (const receipt of receipts) known.set(receipt, isSent ? now : Infinity);
  }

  // There is a connection again: say what waited, and what may have been lost with the old one.
  repeat(): void {
    const now = this.env.monotonic();
    for (const what of ["seen", "act"] as const) {
      const known = this.said[what];
      const due = [...known].filter(([, at]) => at >= now - REPEAT_MS).map(([receipt]) => receipt);
      if (this.tell(what, due)) for (const receipt of due) known.set(receipt, now);
    }
    if (this.acks.size) this.timers.set("ack", ACK_MS, () => this.flush());
  }

  close(): void {
    this.timers.dropAll();
  }

  private flush(): void {
    this.timers.drop("ack");
    for (const [topic, seq] of this.acks) {
      if (!this.send({ t: "ack", topic, seq })) return;
      this.acks.delete(topic);
    }
    this.ackedAt = this.env.monotonic();
  }

  private tell(what: Said, receipts: string[]): boolean {
    let isSent = true;
    for (let at = 0; at < receipts.length && isSent; at += MOST) {
      isSent = this.send({ t: what, r: receipts.slice(at, at + MOST) });
    }
    return isSent;
  }
}
