// The small parts: pauses, close codes, the clock, the lease, and the stream's parser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { pauseMs } from "../../src/backoff.ts";
import { ServerClock } from "../../src/clock.ts";
import { isFinal, retryMsOf } from "../../src/codes.ts";
import { machine as real } from "../../src/environment.ts";
import { FreshnessMark } from "../../src/freshness.ts";
import { NoTicket } from "../../src/errors.ts";
import { Lease } from "../../src/lease.ts";
import { EventStreamParser } from "../../src/sse.ts";
import { Machine } from "./machine.ts";

describe("a pause", () => {
  test("is anything from half a second to a ceiling that doubles up to 20 s", () => {
    assert.deepEqual([1, 2, 3, 9].map((failures) => pauseMs(failures, 0)), [500, 500, 500, 500]);
    assert.deepEqual([1, 2, 3, 9].map((failures) => pauseMs(failures, 1)), [2000, 4000, 8000, 20_000]);
  });
});

describe("a close code", () => {
  test("is final or not", () => {
    const codes = [1006, 1012, 4001, 4002, 4003, 4008, 4012, 4013, 4029];
    assert.deepEqual(codes.filter(isFinal), []);
    assert.ok([4500, 4501, 4503, 4504, 4505].every(isFinal));
  });

  test("may come with the time to come back", () => {
    assert.equal(retryMsOf('{"retry_ms":8421}'), 8421);
    assert.equal(retryMsOf("overload; retry_ms=17"), 17);
    assert.equal(retryMsOf("overload"), null);
  });
});

describe("an idempotency key", () => {
  test("differs from the one before", () => {
    assert.notEqual(real.key(), real.key());
  });
});

describe("the server's clock", () => {
  test("goes on from the welcome, faster in a demonstration", () => {
    const machine = new Machine();
    const clock = new ServerClock(machine, 60);
    assert.equal(clock.now(), machine.wall());
    clock.set("2026-03-02T04:00:00Z");
    machine.time += 1000;
    assert.equal(new Date(clock.now()).toISOString(), "2026-03-02T04:01:00.000Z");
  });
});

describe("a lease", () => {
  test("is renewed a minute before its end, again and again", async () => {
    const machine = new Machine();
    const at: number[] = [];
    const lease = new Lease(machine, async () => void at.push(machine.time));
    lease.begin(900);
    await machine.pass(1_700_000);
    assert.deepEqual(at, [840_000, 1_680_000]);
    lease.end();
    assert.equal(machine.timers.size, 0);
  });

  test("that cannot be renewed is tried again", async () => {
    const machine = new Machine();
    const at: number[] = [];
    const lease = new Lease(machine, async () => {
      at.push(machine.time);
      if (at.length < 3) throw new Error("no network");
    });
    lease.begin(900);
    await machine.pass(900_000);
    assert.deepEqual(at, [840_000, 845_000, 850_000]);
    lease.end();
  });

  test("that never will be renewed runs out in silence", async () => {
    const machine = new Machine();
    let count = 0;
    const lease = new Lease(machine, async () => {
      count += 1;
      throw new NoTicket();
    });
    lease.begin(900);
    await machine.pass(900_000);
    assert.equal(count, 1);
  });

  test("is renewed by the next frame when a timer is late", () => {
    const machine = new Machine();
    let count = 0;
    const lease = new Lease(machine, async () => void (count += 1));
    lease.begin(900);
    machine.time = 850_000;
    lease.check();
    assert.equal(count, 1);
    lease.end();
  });
});

describe("freshness", () => {
  test("says since when, and shows a replay for a while", async () => {
    const machine = new Machine();
    const told: string[] = [];
    const mark = new FreshnessMark(machine, ({ state, count }) => told.push(`${state} ${count}`));
    machine.time = 10;
    mark.set("replayed", { count: 3 });
    assert.equal(mark.value.since, machine.wall());
    await machine.pass(8_000);
    assert.deepEqual(told, ["replayed 3", "live 0"]);
  });

  test("stays refused", () => {
    const mark = new FreshnessMark(new Machine(), () => {});
    mark.set("refused", { code: 4503 });
    mark.set("live");
    assert.deepEqual([mark.value.state, mark.value.code], ["refused", 4503]);
  });
});

describe("an event stream", () => {
  const text = 'id: 7\r\ndata: {"t":"ping"}\r\n\r\n: keep\n\nid: 8\ndata: a\ndata: b\n\n';
  const messages = ['{"t":"ping"}', "a\nb"];

  for (const size of [1, 2, 5, 100]) {
    test(`gives whole messages in pieces of ${size}`, () => {
      const parser = new EventStreamParser();
      const found = [];
      for (let at = 0; at < text.length; at += size) found.push(...parser.feed(text.slice(at, at + size)));
      assert.deepEqual(found, messages);
    });
  }
});
