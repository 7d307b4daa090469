// How a connection is kept: come back, give up, wait when asked, notice silence, go round proxies.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { ConnectionOptions } from "../../src/connection.ts";
import { Connection } from "../../src/connection.ts";
import { NoTicket } from "../../src/errors.ts";
import type { SignalHandlers } from "../../src/signals.ts";
import { Machine, paperWay, settled } from "./machine.ts";

async function connected(more: Partial<ConnectionOptions> = {}) {
  const machine = new Machine();
  const socket = paperWay();
  const told: string[] = [];
  let signal!: SignalHandlers;
  const network = { isOffline: false };
  const connection = new Connection(
    {
      socket: socket.open,
      env: machine,
      signals: {
        watch: (handlers) => {
          signal = handlers;
          return () => told.push("unwatched");
        },
        isOffline: () => network.isOffline,
      },
      ...more,
    },
    {
      wanted: () => [],
      onWelcome: () => told.push("welcome"),
      onFrame: () => {},
      onLost: () => told.push("lost"),
      onEnded: (code) => told.push(`ended ${code}`),
    },
  );
  await settled();
  return { machine, socket, told, signal, network, connection };
}

describe("a lost connection", () => {
  test("comes back after a pause that chance decides", async () => {
    const { machine, socket, connection } = await connected();
    socket.last().welcome().end();
    await machine.pass(1249);
    assert.equal(socket.made.length, 1);
    await machine.pass(1); // half way between 500 and 2,000
    assert.equal(socket.made.length, 2);
    connection.close();
  });

  test("comes back after the time that a drain asked for, once the server has closed", async () => {
    const { machine, socket, connection } = await connected();
    socket.last().welcome().say({ t: "drain", retry_ms: 8421 });
    assert.ok(connection.isOpen);
    socket.last().end(4001);
    await machine.pass(8420);
    assert.equal(socket.made.length, 1);
    await machine.pass(1);
    assert.equal(socket.made.length, 2);
    connection.close();
  });

  test("that was never welcome waits as long as the drain before its close says", async () => {
    const { machine, socket, connection } = await connected();
    socket.last().say({ t: "drain", retry_ms: 3000 });
    socket.last().end(4029);
    await machine.pass(2999);
    assert.equal(socket.made.length, 1);
    await machine.pass(1);
    assert.equal(socket.made.length, 2);
    connection.close();
  });

  test("comes back after the time in the reason of an overload, whatever the page does", async () => {
    const { machine, socket, signal, connection } = await connected();
    socket.last().end(4029, '{"retry_ms":5000}');
    signal.shown();
    await machine.pass(4999);
    assert.equal(socket.made.length, 1);
    await machine.pass(1);
    assert.equal(socket.made.length, 2);
    connection.close();
  });

  test("comes back at once when the network does", async () => {
    const { socket, signal, connection } = await connected();
    socket.last().welcome();
    signal.offline();
    assert.ok(socket.last().isClosed);
    signal.online();
    await settled();
    assert.equal(socket.made.length, 2);
    connection.close();
  });

  test("does not come back from a final code", async () => {
    const { machine, socket, told } = await connected();
    socket.last().welcome().end(4503);
    await machine.pass(60_000);
    assert.deepEqual(told, ["welcome", "unwatched", "ended 4503"]);
    assert.equal(socket.made.length, 1);
  });
});

describe("a connection that is never welcomed", () => {
  test("is given up after ten seconds", async () => {
    const { machine, socket, told, connection } = await connected();
    await machine.pass(10_000);
    assert.ok(socket.last().isClosed);
    assert.deepEqual(told, ["lost"]);
    connection.close();
  });

  test("is not tried without a ticket, and ended when nobody may have one", async () => {
    let error: Error = new Error("no network");
    const ticket = async () => {
      throw error;
    };
    const { machine, socket, told } = await connected({ ticket });
    error = new NoTicket();
    await machine.pass(20_000);
    assert.equal(socket.made.length, 0);
    assert.deepEqual(told, ["lost", "unwatched", "ended 4500"]);
  });
});

describe("a silent connection", () => {
  test("is lost after two and a quarter pings", async () => {
    const { machine, socket, told, connection } = await connected();
    socket.last().welcome({ ping_s: 20 });
    await machine.pass(44_000);
    socket.last().say({ t: "ping" });
    await machine.pass(44_999);
    assert.deepEqual(told, ["welcome"]);
    await machine.pass(1);
    assert.deepEqual(told, ["welcome", "lost"]);
    connection.close();
  });

  test("is lost at once when a laptop wakes up", async () => {
    const { machine, socket, told, signal, connection } = await connected();
    socket.last().welcome();
    machine.wall = () => 1_700_000_000_000 + 3_600_000;
    signal.shown();
    assert.deepEqual(told, ["welcome", "lost"]);
    connection.close();
  });
});

describe("a ping", () => {
  test("is answered at once, with the device's health", async () => {
    const { socket, connection } = await connected({ health: () => ({ battery: 0.82 }) });
    socket.last().welcome().say({ t: "ping" });
    assert.deepEqual(socket.last().sent, [{ t: "pong", health: { battery: 0.82 } }]);
    connection.close();
  });
});

describe("where sockets fail", () => {
  const PAUSE_MS = 500; // where chance is 0

  async function roundAbout() {
    const stream = paperWay();
    const made = await connected({ stream: stream.open, socketAgainMs: 120_000 });
    made.machine.chance = 0;
    for (let failed = 0; failed < 3; failed += 1) {
      made.socket.last().end();
      await made.machine.pass(PAUSE_MS);
    }
    return { ...made, stream };
  }

  test("three times before a welcome, a stream is used", async () => {
    const { socket, stream, connection } = await roundAbout();
    assert.deepEqual([socket.made.length, stream.made.length], [3, 1]);
    stream.last().welcome();
    assert.ok(connection.isStream);
    connection.close();
  });

  test("and the stream does too, they take turns", async () => {
    const { machine, socket, stream, connection } = await roundAbout();
    stream.last().end();
    await machine.pass(PAUSE_MS);
    assert.deepEqual([socket.made.length, stream.made.length], [4, 1]);
    socket.last().end();
    await machine.pass(PAUSE_MS);
    assert.deepEqual([socket.made.length, stream.made.length], [4, 2]);
    connection.close();
  });

  test("a socket is tried now and then, and used once it is welcome", async () => {
    const { machine, socket, stream, told, connection } = await roundAbout();
    stream.last().welcome();
    for (let ping = 0; ping < 12; ping += 1) {
      await machine.pass(10_000);
      stream.last().say({ t: "ping" });
    }
    assert.equal(socket.made.length, 4);
    assert.ok(connection.isStream);
    socket.last().welcome();
    assert.ok(!connection.isStream && stream.last().isClosed);
    assert.deepEqual(told.slice(-2), ["welcome", "welcome"]);
    connection.close();
  });

  test("only because the server is overloaded, no stream is used", async () => {
    const stream = paperWay();
    const { machine, socket, connection } = await connected({ stream: stream.open });
    machine.chance = 0;
    for (let refused = 0; refused < 6; refused += 1) {
      socket.last().end(4029);
      await machine.pass(PAUSE_MS);
    }
    assert.equal(stream.made.length, 0);
    connection.close();
  });

  test("because there is no network, no stream is used", async () => {
    const stream = paperWay();
    const { machine, socket, network, connection } = await connected({ stream: stream.open });
    machine.chance = 0;
    network.isOffline = true;
    for (let failed = 0; failed < 6; failed += 1) {
      socket.last().end();
      await machine.pass(PAUSE_MS);
    }
    assert.equal(stream.made.length, 0);
    connection.close();
  });
});

describe("close", () => {
  test("leaves nothing running, whatever was under way", async () => {
    for (const way of ["connecting", "open", "waiting"]) {
      const { machine, socket, connection } = await connected();
      if (way !== "connecting") socket.last().welcome();
      if (way === "waiting") socket.last().end();
      connection.close();
      assert.equal(machine.timers.size, 0, way);
    }
  });
});
