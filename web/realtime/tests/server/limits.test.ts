// What the server bounds, with limits so low that a test reaches them: pings of 3 s, leases of 8 s,
// two sockets a person.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import type { Hub } from "../../src/index.ts";
import { DIRECT, Log, PROXY, client, setFaults, sleep, ticket, until } from "./desk.ts";

const open: Hub[] = [];

function opened(...args: Parameters<typeof client>): Hub {
  const hub = client(...args);
  open.push(hub);
  return hub;
}

beforeEach(() => setFaults());
afterEach(async () => {
  for (const hub of open.splice(0)) hub.close();
  await sleep(1000); // until the server has noticed
});

describe("a lease", () => {
  test("is renewed in band: the connection outlives it", async () => {
    let tickets = 0;
    const hub = opened(DIRECT, { ticket: () => ((tickets += 1), ticket()) });
    await until("a welcome", () => hub.ready);
    await until("two renewals", () => tickets >= 4);
    assert.deepEqual(hub.closeCodes, []);
  });

  test("that cannot be renewed ends the connection, and a new one is made", async () => {
    let tickets = 0;
    const hub = opened(DIRECT, {
      ticket: () => ((tickets += 1), tickets === 2 ? Promise.reject(new Error("busy")) : ticket()),
    });
    await until("a break", () => hub.closeCodes.length > 0);
    assert.deepEqual(hub.closeCodes, [4002]);
    await until("a welcome", () => hub.ready);
  });
});

describe("silence", () => {
  test("is noticed, and ends with a new connection", async () => {
    const hub = opened(PROXY);
    const log = new Log(hub);
    await until("a snapshot", () => log.isLive);
    await setFaults({ freeze: true });
    await until("silence noticed", () => hub.freshness.state === "reconnecting");
    await setFaults();
    await until("a live topic", () => log.isLive);
    assert.equal(log.snapshotCount, 1);
  });
});

describe("a socket too many", () => {
  test("is refused for good", async () => {
    const [first, second] = [opened(DIRECT), opened(DIRECT)];
    await until("two welcomes", () => first.ready && second.ready);
    const third = opened(DIRECT);
    await until("a refusal", () => third.freshness.state === "refused");
    assert.equal(third.freshness.code, 4504);
    assert.deepEqual(third.closeCodes, [4504]);
  });
});
