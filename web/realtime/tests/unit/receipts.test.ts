// What is told of what arrived: seldom, at once where it matters, and again after a break.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { ClientFrame } from "../../src/frames.ts";
import { Receipts } from "../../src/receipts.ts";
import { Machine } from "./machine.ts";

function desk() {
  const machine = new Machine();
  const sent: ClientFrame[] = [];
  const line = { isUp: true };
  const send = (frame: ClientFrame) => line.isUp && Boolean(sent.push(frame));
  return { machine, sent, line, receipts: new Receipts(machine, send) };
}

describe("an ack", () => {
  test("is sent at most once in 500 ms, for all that came meanwhile", async () => {
    const { machine, sent, receipts } = desk();
    for (let seq = 1; seq <= 40; seq += 1) {
      receipts.received("merchant:1", seq, false);
      await machine.pass(25);
    }
    await machine.pass(500);
    assert.deepEqual(sent.map((frame) => (frame as { seq: number }).seq), [1, 20, 40]);
  });

  test("of a critical event is sent at once", () => {
    const { sent, receipts } = desk();
    receipts.received("merchant:1", 1, false);
    receipts.received("merchant:1", 2, true);
    assert.equal(sent.length, 2);
  });

  test("waits for a connection", async () => {
    const { machine, sent, line, receipts } = desk();
    line.isUp = false;
    receipts.received("merchant:1", 1, true);
    line.isUp = true;
    receipts.repeat();
    await machine.pass(500);
    assert.deepEqual(sent, [{ t: "ack", topic: "merchant:1", seq: 1 }]);
  });
});

describe("what a person did", () => {
  test("is told once there is a connection", () => {
    const { sent, line, receipts } = desk();
    line.isUp = false;
    receipts.say("act", ["r_1"]);
    line.isUp = true;
    receipts.repeat();
    assert.deepEqual(sent, [{ t: "act", r: ["r_1"] }]);
  });

  test("is told again after a break that may have swallowed it, and not for ever", async () => {
    const { machine, sent, receipts } = desk();
    receipts.say("act", ["r_1"]);
    receipts.repeat();
    assert.equal(sent.length, 2);
    await machine.pass(61_000);
    receipts.repeat();
    assert.equal(sent.length, 2);
  });

  test("fits the frames, however much it is", () => {
    const { sent, receipts } = desk();
    receipts.say("seen", Array.from({ length: 250 }, (_, n) => `r_${n}`));
    assert.deepEqual(sent.map((frame) => (frame as { r: string[] }).r.length), [100, 100, 50]);
  });
});
