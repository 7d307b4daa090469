// A machine for tests: time passes only when told, chance is fixed, channels are made of paper.

import type { ChannelEvents, Opener, Opening } from "../../src/channel.ts";
import type { Environment } from "../../src/environment.ts";
import type { ClientFrame, ServerFrame } from "../../src/frames.ts";

interface Timer {
  at: number;
  work(): void;
}

export class Machine implements Environment {
  time = 0;
  chance = 0.5;
  readonly timers = new Set<Timer>();
  private keys = 0;

  monotonic = () => this.time;
  wall = () => 1_700_000_000_000 + this.time;
  random = () => this.chance;
  key = () => `key ${++this.keys}`;

  setTimer = (work: () => void, ms: number): Timer => {
    const timer = { at: this.time + ms, work };
    this.timers.add(timer);
    return timer;
  };

  clearTimer = (timer: unknown): void => {
    this.timers.delete(timer as Timer);
  };

  // Let time pass; timers run at their time, and what they promised runs before the next.
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.time = Math.max(this.time, due.at);
      this.timers.delete(due);
      due.work();
      await settled();
    }
    this.time = end;
    await settled();
  }
}

// Everything that was promised has run.
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

// One connection's other end.
export class Paper {
  readonly sent: ClientFrame[] = [];
  readonly opening: Opening;
  isClosed = false;
  private readonly events: ChannelEvents;

  constructor(events: ChannelEvents, opening: Opening) {
    this.events = events;
    this.opening = opening;
  }

  say(...frames: ServerFrame[]): void {
    for (const frame of frames) this.events.onFrame(frame);
  }

  welcome(more: Partial<{ user: string; lease_s: number; ping_s: number; server_time: string }> = {}): this {
    const usual = { conn: "c", user: "u", lease_s: 900, ping_s: 20 };
    this.say({ t: "welcome", ...usual, server_time: "2026-03-02T04:00:00Z", ...more });
    return this;
  }

  end(code = 1006, reason = ""): void {
    this.events.onEnd(code, reason);
  }

  // Frames of one kind that were sent.
  of<K extends ClientFrame["t"]>(kind: K): Extract<ClientFrame, { t: K }>[] {
    return this.sent.filter((frame) => frame.t === kind) as Extract<ClientFrame, { t: K }>[];
  }
}

// An opener, and every connection it opened.
export function paperWay(): { open: Opener; made: Paper[]; last(): Paper } {
  const made: Paper[] = [];
  const open: Opener = (events, opening) => {
    const paper = new Paper(events, opening);
    made.push(paper);
    return {
      send: (frame) => void paper.sent.push(frame),
      close: () => void (paper.isClosed = true),
    };
  };
  return { open, made, last: () => made.at(-1) as Paper };
}

let number = 0;

// An event that follows `p`, about `key` at version `ver`.
export function event(p: number, more: Record<string, unknown> = {}): any {
  const usual = { topic: "merchant:1", p, seq: p + 1, key: "order:1", ver: p + 1, type: "said" };
  return { t: "ev", ...usual, at: "", actor: {}, d: { open: true, n: ++number }, ...more };
}

export function snap(seq: number, rows: unknown[] = [], more: Record<string, unknown> = {}): any {
  const usual = { topic: "merchant:1", epoch: "e", seq, part: 1, last: true, rows };
  return { t: "snap", ...usual, ...more };
}

export function subd(id: number, seq: number, more: Record<string, unknown> = {}): any {
  const usual = { topic: "merchant:1", epoch: "e", recovered: false, count: 0 };
  return { t: "subd", id, seq, ...usual, ...more };
}
