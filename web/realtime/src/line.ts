// The line in which topics are asked for and left: the server ends a connection at whose door 64
// requests wait. Half of them are ours; the rest is for commands.

import type { Environment } from "./environment.ts";
import { Timers } from "./environment.ts";

export const AT_ONCE = 32;
const SETTLED_MS = 1_000; // `unsub` has no answer: after so long it has been done

export class Line {
  private readonly timers: Timers;
  private readonly hasLimit: () => boolean;
  private readonly waiting = new Map<string, () => void>(); // what to send, first come first
  private readonly underWay = new Set<string>();

  constructor(env: Environment, hasLimit: () => boolean) {
    this.timers = new Timers(env);
    this.hasLimit = hasLimit;
  }

  // Ask for a topic; again at once if its answer is still due.
  ask(topic: string, send: () => void): void {
    if (this.underWay.has(topic)) return send();
    this.waiting.set(topic, send);
    this.move();
  }

  // Leave a topic; one that was not asked for yet need not be left.
  leave(topic: string, send: () => void): void {
    const wasAsked = !this.waiting.delete(topic);
    this.underWay.delete(topic);
    if (wasAsked) this.waiting.set(`unsub ${topic}`, send);
    this.move();
  }

  // The server has answered about a topic.
  answered(topic: string): void {
    if (this.underWay.delete(topic)) this.move();
  }

  // The connection is gone, and all that was asked over it.
  clear(): void {
    this.timers.dropAll();
    this.waiting.clear();
    this.underWay.clear();
  }

  private move(): void {
    for (const [name, send] of this.waiting) {
      if (this.hasLimit() && this.underWay.size >= AT_ONCE) return;
      this.waiting.delete(name);
      this.underWay.add(name);
      if (name.startsWith("unsub ")) this.timers.set(name, SETTLED_MS, () => this.answered(name));
      send();
    }
  }
}
