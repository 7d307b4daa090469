// Behind a proxy that knows no WebSocket: the same promises over server-sent events and HTTP.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import { eventStream } from "../../src/index.ts";
import type { Hub, HubOptions } from "../../src/index.ts";
import { DIRECT, Log, PROXY, TOPIC, chance, client, cut, setFaults, until, variable } from "./desk.ts";

const headers = () => ({ Authorization: `Bearer ${variable("PAIDAN_TOKEN")}` });
const blocked = (faults: Record<string, unknown> = {}) => setFaults({ block_websocket: true, ...faults });

let hub: Hub;
let teller: Hub | undefined;

beforeEach(() => blocked());
afterEach(() => {
  hub.close();
  teller?.close();
  teller = undefined;
});

function behindProxy(more: Partial<HubOptions> = {}): Hub {
  const stream = eventStream({ base: `http://${PROXY}`, headers });
  return (hub = client(PROXY, { stream, ...more }));
}

function say(...texts: string[]) {
  teller ??= client(DIRECT);
  return teller.command("probe.say", { topic: TOPIC, texts });
}

describe("a client behind such a proxy", () => {
  test("follows its topic over a stream, and commands over HTTP", async () => {
    behindProxy();
    const log = new Log(hub);
    await until("a snapshot", () => log.isLive);
    assert.equal(hub.transport, "stream");
    const merchant_id = TOPIC.split(":")[1];
    const answer = await hub.command("merchant.close", { merchant_id });
    assert.ok(answer);
    await until("the event", () => log.events.some(({ key }) => key === TOPIC));
    await hub.command("merchant.open", { merchant_id });
  });

  test("goes on where it stood when the stream breaks", async () => {
    const states: string[] = [];
    behindProxy({ onFreshness: ({ state }) => states.push(state) });
    const log = new Log(hub);
    await until("a snapshot", () => log.isLive);
    await blocked({ refuse: true });
    await cut();
    await until("a break", () => hub.freshness.state === "reconnecting");
    await say("while", "away");
    await blocked();
    await until("both events", () => log.texts.includes("away"));
    assert.equal(log.snapshotCount, 1);
    assert.equal(states.at(-1), "replayed");
    log.isGapless();
  });

  test("is told which topic is not its own, and keeps the others", async () => {
    behindProxy();
    const codes: string[] = [];
    const log = new Log(hub);
    hub.join("merchant:01900000-0000-7000-8000-000000000000", { onRefused: (code) => codes.push(code) });
    await until("a refusal and a snapshot", () => codes.length > 0 && log.isLive);
    assert.deepEqual(codes, ["not_found"]);
  });

  test("takes over from a socket that fails, without a snapshot", async () => {
    await setFaults();
    behindProxy();
    const log = new Log(hub);
    await until("a snapshot", () => log.isLive);
    assert.equal(hub.transport, "socket");
    await blocked();
    await cut();
    await say("in between");
    await until("a stream", () => hub.transport === "stream" && log.isLive);
    await until("the event", () => log.texts.includes("in between"));
    assert.equal(log.snapshotCount, 1);
    log.isGapless();
  });

  test("changes to a socket once there can be one, and misses nothing", async () => {
    behindProxy({ socketAgainMs: 200 });
    const log = new Log(hub);
    await until("a snapshot", () => log.isLive);
    await say("over the stream");
    await until("the event", () => log.texts.includes("over the stream"));
    await setFaults();
    await until("a socket", () => hub.transport === "socket" && log.isLive);
    await say("over the socket");
    await until("the event", () => log.texts.includes("over the socket"));
    assert.equal(log.snapshotCount, 1);
    log.isGapless();
  });
});

describe("a stream on a bad network", () => {
  for (let seed = 1; seed <= 4; seed += 1) {
    test(`misses nothing and applies nothing twice, seed ${seed}`, async () => {
      await blocked({ seed });
      behindProxy({ socketAgainMs: 300 });
      const log = new Log(hub);
      await until("a snapshot", () => log.isLive);
      const random = chance(seed);
      const said: string[] = [];
      for (let round = 0; round < 10; round += 1) {
        await blocked({ delay: 0.3, truncate: random() * 0.2, cut: random() * 0.2 });
        said.push(`${seed}.${round}.a`, `${seed}.${round}.b`);
        await say(...said.slice(-2));
        if (random() < 0.2) await cut();
      }
      await blocked();
      await say("the last");
      await until("the last event", () => log.isLive && log.texts.at(-1) === "the last");
      log.isGapless();
      const ours = log.texts.filter((text) => text !== undefined);
      if (log.snapshotCount === 1) assert.deepEqual(ours, [...said, "the last"]);
      assert.equal(new Set(ours).size, ours.length, "applied twice");
    });
  }
});
