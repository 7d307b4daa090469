// What tests against the real server share: clients, the bad network's controls, and waiting.

import assert from "node:assert/strict";

import { Hub, webSocket } from "../../src/index.ts";
import type { EventBody, HubOptions, Row, TopicHandlers } from "../../src/index.ts";

export function variable(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} says nothing`);
  return value;
}

export const TOPIC = variable("PAIDAN_TOPIC");
export const DIRECT = variable("PAIDAN_DIRECT");
export const PROXY = variable("PAIDAN_PROXY");

export const ticket = async () => (await fetch(variable("PAIDAN_TICKETS"))).text();

// A client that is quick to come back.
export function client(host: string, more: Partial<HubOptions> = {}): Hub {
  return new Hub({
    socket: webSocket(`ws://${host}/ws/v1`),
    ticket,
    patience: { leastMs: 20, mostMs: 100 },
    welcomeMs: 2_000,
    syncMs: 700,
    ...more,
  });
}

export async function setFaults(faults: Record<string, unknown> = {}): Promise<void> {
  const body = JSON.stringify(faults);
  await fetch(`${variable("PAIDAN_CONTROL")}/faults`, { method: "PUT", body });
}

export async function cut(): Promise<void> {
  await fetch(`${variable("PAIDAN_CONTROL")}/cut`, { method: "POST" });
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what: string, isSo: () => boolean, seconds = 90): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!isSo()) {
    assert.ok(Date.now() < end, `never came: ${what}`);
    await sleep(5);
  }
}

// Numbers from 0 to 1 that a seed decides (mulberry32).
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Everything that a client was told of the topic, in order: events, and snapshots it jumped by.
export class Log {
  readonly events: EventBody[] = [];
  readonly steps: { p: number | null; seq: number }[] = [];
  rows: Row[] = [];
  private readonly hub: Hub;
  private readonly topic;

  constructor(hub: Hub, handlers: TopicHandlers = {}) {
    this.hub = hub;
    this.topic = hub.join(TOPIC, {
      ...handlers,
      onEvent: (event, how) => {
        this.events.push(event);
        this.steps.push({ p: event.p, seq: event.seq });
        handlers.onEvent?.(event, how);
      },
      onRows: (rows, cause) => {
        this.rows = rows;
        if (cause === "snapshot") this.steps.push({ p: null, seq: this.seq });
      },
    });
  }

  get seq(): number {
    return this.topic.position?.seq ?? -1;
  }

  get isLive(): boolean {
    return this.hub.ready && this.topic.phase === "live";
  }

  get texts(): string[] {
    return this.events.map(({ d }) => d["text"]);
  }

  get snapshotCount(): number {
    return this.steps.filter(({ p }) => p === null).length;
  }

  // Each event follows the step before it, and a snapshot never leads back.
  isGapless(): void {
    this.steps.reduce((before, step) => {
      if (step.p === null) assert.ok(step.seq >= before.seq, "a snapshot led back");
      else assert.deepEqual([step.p, step.seq], [before.seq, before.seq + 1]);
      return step;
    }, { p: null, seq: -1 });
  }
}
