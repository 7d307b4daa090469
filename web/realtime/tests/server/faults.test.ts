// Whatever a network does, the log is gapless, nothing is applied twice, and in the end the store
// is what a fresh snapshot would be.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Hub, Row } from "../../src/index.ts";
import { DIRECT, Log, PROXY, TOPIC, chance, client, cut, setFaults, sleep, until } from "./desk.ts";

const SEEDS = Number(process.env["PAIDAN_SEEDS"]);
const ROUNDS = 12;

let teller: Hub; // speaks on the topic over a good network

before(async () => {
  teller = client(DIRECT);
  await until("the teller's welcome", () => teller.ready);
});

after(() => teller.close());

function say(texts: string[], how: { shout?: boolean; scatter?: boolean } = {}) {
  return teller.command("probe.say", { topic: TOPIC, texts, ...how });
}

const isLast = ({ d }: Row) => d["text"] === "the last";

// One schedule of faults, all of it decided by the seed.
async function suffer(seed: number): Promise<string[]> {
  const random = chance(seed);
  const said: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const share = () => (random() < 0.4 ? random() * 0.25 : 0);
    await setFaults({
      drop: share(),
      duplicate: share(),
      delay: share(),
      reorder: share(),
      truncate: share() / 4,
      cut: share() / 4,
      delay_seconds: 0.03,
    });
    const texts = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, n) => `${seed}.${round}.${n}`);
    said.push(...texts);
    await say(texts, { shout: random() < 0.2, scatter: random() < 0.2 });
    if (random() < 0.15) await cut();
    if (random() < 0.3) await sleep(random() * 40);
  }
  return said;
}

async function freshRows(head: number) {
  const fresh = client(DIRECT);
  const log = new Log(fresh);
  await until("a fresh snapshot", () => log.seq >= head);
  fresh.close();
  return log.rows;
}

describe("a client on a bad network", () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    test(`misses nothing and applies nothing twice, seed ${seed}`, async (context) => {
      await setFaults({ seed });
      const hub = client(PROXY);
      context.after(() => hub.close());
      const log = new Log(hub);
      await until("the first snapshot", () => log.isLive);
      const said = await suffer(seed);
      await setFaults();
      await say(["the last"]); // what was dropped before it shows by its absence
      await until("the last event", () => log.isLive && log.rows.some(isLast));
      log.isGapless();
      assert.equal(new Set(log.texts).size, log.texts.length, "applied twice");
      if (log.snapshotCount === 1) assert.deepEqual(log.texts, [...said, "the last"]);
      const sorted = (rows: typeof log.rows) => rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
      assert.deepEqual(sorted(log.rows), sorted(await freshRows(log.seq)));
    });
  }
});
