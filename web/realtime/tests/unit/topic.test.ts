// What each frame does to a topic, and what the frames that bad networks make do not do.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Topic } from "../../src/topic.ts";
import { event, snap, subd } from "./machine.ts";

const row = (key: string, ver: number) => ({ key, ver, d: { open: true } });

function live(seq = 5): Topic {
  const topic = new Topic("merchant:1");
  topic.ask(1);
  topic.answer(subd(1, seq));
  topic.load(snap(seq, [row("order:1", 1)]));
  return topic;
}

describe("a snapshot", () => {
  test("is wanted by who knows nothing", () => {
    assert.deepEqual(new Topic("merchant:1").ask(7), { t: "sub", id: 7, topic: "merchant:1" });
  });

  test("replaces everything in one step once its last part came", () => {
    const topic = live();
    topic.ask(2);
    topic.answer(subd(2, 9));
    assert.equal(topic.load(snap(9, [row("order:2", 1)], { last: false })), false);
    assert.deepEqual(topic.store.visible(0).map(({ key }) => key), ["order:1"]);
    assert.equal(topic.load(snap(9, [row("order:3", 1)], { part: 2 })), true);
    assert.deepEqual(topic.store.visible(0).map(({ key }) => key), ["order:2", "order:3"]);
    assert.deepEqual(topic.position, { epoch: "e", seq: 9 });
  });

  test("that lost a part is never shown", () => {
    const topic = live();
    topic.ask(2);
    topic.answer(subd(2, 9));
    topic.load(snap(9, [], { last: false }));
    assert.equal(topic.load(snap(9, [], { part: 3 })), false);
    assert.equal(topic.phase, "loading");
  });

  test("takes no part twice, and none of another snapshot", () => {
    const topic = new Topic("merchant:1");
    topic.ask(1);
    topic.answer(subd(1, 9));
    const first = snap(9, [row("order:2", 1)], { last: false });
    topic.load(first);
    topic.load(first);
    assert.equal(topic.load(snap(8, [], { part: 2 })), false);
    assert.equal(topic.load(snap(9, [], { part: 2, epoch: "other" })), false);
    assert.equal(topic.load(snap(9, [], { part: 2 })), true);
    assert.equal(topic.store.visible(0).length, 1);
  });
});

describe("an event", () => {
  test("moves the position and changes the row", () => {
    const topic = live();
    assert.equal(topic.take(event(5, { ver: 3 })), "applied");
    assert.equal(topic.position?.seq, 6);
    assert.equal(topic.store.visible(0)[0]?.ver, 3);
  });

  test("of an older version moves the position only", () => {
    const topic = live();
    assert.equal(topic.take(event(5, { ver: 1, d: { open: true, old: true } })), "applied");
    assert.equal(topic.store.visible(0)[0]?.d["old"], undefined);
  });

  test("that came before is left alone", () => {
    assert.equal(live().take(event(4)), "repeated");
  });

  test("after a hole shows the hole; the question goes on from before it", () => {
    const topic = live();
    assert.equal(topic.take(event(6)), "gap");
    assert.deepEqual(topic.ask(2), {
      t: "sub",
      id: 2,
      topic: "merchant:1",
      since: { epoch: "e", seq: 5 },
    });
  });

  test("after a second hole at the same place asks for a snapshot", () => {
    const topic = live();
    topic.take(event(6));
    topic.ask(2);
    topic.answer(subd(2, 8, { recovered: true, count: 3 }));
    assert.equal(topic.take(event(6)), "gap");
    assert.equal(topic.ask(3).since, undefined);
  });

  test("that comes before the answer is early", () => {
    const topic = live();
    topic.ask(2);
    assert.equal(topic.take(event(5)), "early");
  });
});

describe("a replay", () => {
  test("ends at the head that the answer named", () => {
    const topic = live();
    topic.ask(2);
    topic.answer(subd(2, 7, { recovered: true, count: 2 }));
    topic.take(event(5));
    assert.equal(topic.phase, "replaying");
    topic.take(event(6));
    assert.equal(topic.phase, "live");
  });

  test("of nothing is live at once", () => {
    const topic = live();
    topic.ask(2);
    topic.answer(subd(2, 5, { recovered: true }));
    assert.equal(topic.phase, "live");
  });

  test("is not begun by the answer to an older question", () => {
    const topic = live();
    topic.ask(2);
    topic.ask(3);
    assert.equal(topic.answer(subd(2, 5, { recovered: true })), false);
    assert.equal(topic.phase, "asking");
  });
});

describe("a zone", () => {
  test("has no position: each picture replaces the one before", () => {
    const topic = new Topic("zone:1");
    topic.ask(1);
    topic.answer(subd(1, 0, { topic: "zone:1" }));
    assert.equal(topic.phase, "live");
    topic.load(snap(0, [row("zone:1", 1)], { topic: "zone:1" }));
    topic.load(snap(0, [row("zone:1", 1)], { topic: "zone:1" }));
    assert.equal(topic.ask(2).since, undefined);
    assert.equal(topic.store.visible(0).length, 1);
  });
});
