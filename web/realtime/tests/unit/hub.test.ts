// The whole client over paper: what a page is told, and what the server is asked.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Ended, Refused, TimedOut } from "../../src/errors.ts";
import type { HubOptions, TopicHandlers } from "../../src/hub.ts";
import { Hub } from "../../src/hub.ts";
import { noSignals } from "../../src/signals.ts";
import type { Paper } from "./machine.ts";
import { Machine, event, paperWay, settled, snap, subd } from "./machine.ts";

async function open(more: Partial<HubOptions> = {}) {
  const machine = new Machine();
  const socket = paperWay();
  const states: string[] = [];
  const hub = new Hub({
    socket: socket.open,
    env: machine,
    signals: noSignals,
    onFreshness: ({ state, count }) => states.push(count ? `${state} ${count}` : state),
    ...more,
  });
  await settled();
  const again = async () => {
    socket.last().end();
    await machine.pass(20_000);
    socket.last().welcome();
  };
  return { machine, socket, states, hub, again };
}

async function joined(handlers: TopicHandlers = {}) {
  const made = await open();
  made.hub.join("merchant:1", handlers);
  made.socket.last().welcome().say(subd(1, 5), snap(5));
  return made;
}

describe("many topics", () => {
  const names = Array.from({ length: 100 }, (_, number) => `user:${number}`);

  // Answer whatever was asked, as one after the other comes.
  function answer(paper: Paper, from: number): number {
    const asked = paper.of("sub").slice(from);
    for (const { id, topic } of asked) paper.say(subd(id, 5, { topic }), snap(5, [], { topic }));
    return from + asked.length;
  }

  test("are asked for in turn, never more at once than the server takes", async () => {
    const { socket, hub } = await open();
    for (const name of names) hub.join(name);
    const paper = socket.last().welcome();
    assert.equal(paper.of("sub").length, 32);
    let answered = 0;
    while (answered < 100) answered = answer(paper, answered);
    assert.deepEqual(paper.of("sub").map(({ topic }) => topic), names);
    assert.equal(hub.freshness.state, "live");
    hub.close();
  });

  test("are not live until the last of them is", async () => {
    const { socket, hub, again } = await open();
    for (const name of names) hub.join(name);
    let paper = socket.last().welcome();
    for (let answered = 0; answered < 100; ) answered = answer(paper, answered);
    await again();
    paper = socket.last();
    const asked = paper.of("sub");
    for (const { id, topic } of asked) paper.say(subd(id, 5, { topic, recovered: true }));
    assert.equal(hub.freshness.state, "reconnecting");
    for (const { id, topic } of paper.of("sub").slice(32)) paper.say(subd(id, 5, { topic, recovered: true }));
    assert.equal(hub.freshness.state, "reconnecting");
    for (const { id, topic } of paper.of("sub").slice(64)) paper.say(subd(id, 5, { topic, recovered: true }));
    for (const { id, topic } of paper.of("sub").slice(96)) paper.say(subd(id, 5, { topic, recovered: true }));
    assert.equal(hub.freshness.state, "live");
    hub.close();
  });

  test("are left in turn, and one that was not asked for yet not at all", async () => {
    const { machine, socket, hub } = await open();
    for (const name of names) hub.join(name);
    const paper = socket.last().welcome();
    hub.leave("user:99");
    for (let answered = 0; answered < 99; ) answered = answer(paper, answered);
    for (const name of names) hub.leave(name);
    assert.equal(paper.of("unsub").length, 32);
    await machine.pass(3_500);
    assert.deepEqual(paper.of("unsub").map(({ topic }) => topic), names.slice(0, 99));
    hub.close();
  });
});

describe("a topic", () => {
  test("is asked for again from where it stands after a break", async () => {
    const { socket, hub, again } = await joined();
    socket.last().say(event(5));
    await again();
    assert.deepEqual(socket.last().of("sub")[0]?.since, { epoch: "e", seq: 6 });
    hub.close();
  });

  test("is asked for again at once when something is missing", async () => {
    const { socket, hub } = await joined();
    socket.last().say(event(7));
    assert.deepEqual(socket.last().of("sub")[1]?.since, { epoch: "e", seq: 5 });
    hub.close();
  });

  test("is asked for again when the answer gets lost", async () => {
    const { machine, socket, hub } = await open();
    hub.join("merchant:1");
    socket.last().welcome();
    await machine.pass(10_000);
    assert.equal(socket.last().of("sub").length, 2);
    hub.close();
  });

  test("is asked for again when the answer after a hole gets lost", async () => {
    const { machine, socket, hub } = await joined();
    socket.last().say(event(7));
    await machine.pass(10_000);
    assert.equal(socket.last().of("sub").length, 3);
    hub.close();
  });

  test("hands over its rows and events, each event once", async () => {
    const events: string[] = [];
    const rows: number[] = [];
    const { socket, hub } = await joined({
      onEvent: ({ seq }, { replayed }) => events.push(`${seq} ${replayed}`),
      onRows: (all) => rows.push(all.length),
    });
    socket.last().say(event(5), event(5), { t: "evs", evs: [event(6), event(7)] });
    assert.deepEqual(events, ["6 false", "7 false", "8 false"]);
    assert.deepEqual(rows, [0, 1, 1]);
    hub.close();
  });

  test("that is not ours is left, and the page is told", async () => {
    const codes: string[] = [];
    const { socket, hub } = await open();
    hub.join("merchant:1", { onRefused: (code) => codes.push(code) });
    socket.last().welcome().say({ t: "err", id: 1, code: "not_found", retry: false });
    assert.deepEqual(codes, ["not_found"]);
    assert.equal(hub.freshness.state, "live");
    hub.close();
  });

  test("that cannot be had now is asked for a little later", async () => {
    const { machine, socket, hub } = await open();
    hub.join("merchant:1");
    socket.last().welcome().say({ t: "err", id: 1, code: "unavailable", retry: true });
    await machine.pass(2_000);
    assert.equal(socket.last().of("sub").length, 2);
    hub.close();
  });

  test("can be left", async () => {
    const { socket, hub } = await joined();
    hub.leave("merchant:1");
    assert.deepEqual(socket.last().of("unsub"), [{ t: "unsub", topic: "merchant:1" }]);
    socket.last().say(event(5));
    assert.deepEqual(hub.rows("merchant:1"), []);
    hub.close();
  });
});

describe("freshness", () => {
  test("is live when every topic is, and tells of what was caught up with", async () => {
    const { machine, socket, states, hub, again } = await joined();
    await again();
    socket.last().say(subd(2, 7, { recovered: true, count: 2 }), event(5));
    assert.equal(hub.freshness.state, "reconnecting");
    socket.last().say(event(6));
    await machine.pass(8_000);
    assert.deepEqual(states, ["live", "reconnecting", "replayed 2", "live"]);
    hub.close();
  });

  test("is offline where the device says so, and refused for good", async () => {
    const network = { isOffline: false };
    const signals = { ...noSignals, isOffline: () => network.isOffline };
    const { machine, socket, states, hub } = await open({ signals });
    socket.last().welcome();
    network.isOffline = true;
    socket.last().end();
    await machine.pass(20_000);
    socket.last().end(4503);
    assert.deepEqual(states, ["live", "offline", "refused"]);
    hub.close();
  });
});

describe("a command", () => {
  test("is answered", async () => {
    const { socket, hub } = await joined();
    const answer = hub.command("order.accept", { order_id: "1" }, { ver: 4 });
    const { id, ver, key } = socket.last().of("cmd")[0] as { id: number; ver: number; key: string };
    assert.deepEqual([ver, key], [4, "key 1"]);
    socket.last().say({ t: "ok", id, d: { done: true } });
    assert.deepEqual(await answer, { done: true });
    hub.close();
  });

  test("is refused with the server's own code", async () => {
    const { socket, hub } = await joined();
    const answer = hub.command("order.accept");
    const { id } = socket.last().of("cmd")[0] as { id: number };
    socket.last().say({ t: "err", id, code: "version_conflict", retry: false, d: { detail: "Late." } });
    await assert.rejects(answer, (error: Refused) => {
      assert.deepEqual([error.code, error.message, error.retry], ["version_conflict", "Late.", false]);
      return error instanceof Refused;
    });
    hub.close();
  });

  test("is repeated under its key after a break, and when its answer is overdue", async () => {
    const { machine, socket, hub, again } = await joined();
    const answer = hub.command("order.accept", {}, { timeoutMs: Infinity });
    await again();
    await machine.pass(8_000);
    const repeated = socket.last().of("cmd");
    assert.deepEqual(repeated.map(({ key }) => key), ["key 1", "key 1"]);
    socket.last().say({ t: "ok", id: repeated[0]!.id, d: {} });
    await answer;
    hub.close();
  });

  test("waits for a connection, and fails when its time is over", async () => {
    const { machine, hub } = await open();
    const failed = assert.rejects(hub.command("order.accept"), TimedOut);
    await machine.pass(30_000);
    await failed;
    hub.close();
  });

  test("fails when the connection ended for good", async () => {
    const { socket, hub } = await joined();
    const failed = assert.rejects(hub.command("order.accept"), Ended);
    socket.last().end(4503);
    await failed;
    await assert.rejects(hub.command("order.accept"), (error: Ended) => error.closeCode === 4503);
  });
});

describe("a guest", () => {
  test("acknowledges nothing", async () => {
    const { machine, socket, hub } = await open();
    hub.join("merchant:1");
    socket.last().welcome({ user: "" }).say(subd(1, 5), snap(5), event(5));
    await machine.pass(1_000);
    assert.deepEqual(hub.rows("merchant:1").length, 1);
    assert.deepEqual(socket.last().of("ack"), []);
    hub.close();
  });
});

describe("the lease", () => {
  test("is renewed in band", async () => {
    const { machine, socket, hub } = await open({ session: true, ticket: async () => "fresh" });
    socket.last().welcome({ ping_s: 1_000 });
    await machine.pass(840_000);
    assert.deepEqual(socket.last().of("refresh"), [{ t: "refresh", ticket: "fresh" }]);
    hub.close();
  });
});

describe("close", () => {
  test("leaves nothing running", async () => {
    const { machine, socket, hub } = await joined();
    socket.last().say(event(5), event(6));
    hub.act(["r_1"]);
    const failed = assert.rejects(hub.command("order.accept"), Ended);
    hub.close();
    await failed;
    assert.equal(machine.timers.size, 0);
    assert.ok(socket.last().isClosed);
  });
});
