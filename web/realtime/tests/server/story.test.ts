// What a page asks of the client, against the real server.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import { Refused, taskSocket } from "../../src/index.ts";
import type { Hub } from "../../src/index.ts";
import type { SocketTask } from "../../src/sockets.ts";
import { DIRECT, Log, PROXY, TOPIC, client, cut, setFaults, until } from "./desk.ts";

let hub: Hub;

beforeEach(() => setFaults());
afterEach(() => hub.close());

const say = (...texts: string[]) => hub.command("probe.say", { topic: TOPIC, texts });

describe("a topic", () => {
  test("comes as a snapshot, then event by event", async () => {
    hub = client(DIRECT);
    const log = new Log(hub);
    await until("a snapshot", () => log.isLive);
    await say("one", "two");
    await until("both events", () => log.texts.length === 2);
    const rows = log.rows.filter(({ key }) => key.startsWith("probe:"));
    assert.deepEqual(rows.map(({ d }) => d["text"]), ["two"]);
  });

  test("is caught up with after a break, and the page can say so", async () => {
    const states: string[] = [];
    hub = client(PROXY, { onFreshness: ({ state, count }) => states.push(`${state} ${count}`) });
    const log = new Log(hub);
    await until("a snapshot", () => log.isLive);
    const teller = client(DIRECT);
    await setFaults({ refuse: true });
    await cut();
    await teller.command("probe.say", { topic: TOPIC, texts: ["while", "away"] });
    teller.close();
    await setFaults();
    await until("both events", () => log.texts.length === 2);
    log.isGapless();
    assert.equal(log.snapshotCount, 1);
    assert.deepEqual(states, ["live 0", "reconnecting 0", "replayed 2"]);
  });

  test("that is nobody's is refused", async () => {
    hub = client(DIRECT);
    const codes: string[] = [];
    hub.join("merchant:01900000-0000-7000-8000-000000000000", { onRefused: (code) => codes.push(code) });
    await until("a refusal", () => codes.length > 0);
    assert.deepEqual(codes, ["not_found"]);
  });
});

describe("a command", () => {
  test("is carried out once, though its answer was lost with the connection", async () => {
    hub = client(PROXY);
    const log = new Log(hub);
    await until("a snapshot", () => log.isLive);
    await setFaults({ cut: 1 }); // whatever the server says next, it says to nobody
    const answer = say("only once");
    await until("a break", () => hub.closeCodes.length > 0);
    await setFaults();
    assert.deepEqual(await answer, { said: 1 });
    await until("the event", () => log.texts.includes("only once"));
    await say("the last");
    await until("the last event", () => log.texts.includes("the last"));
    assert.deepEqual(log.texts, ["only once", "the last"]);
  });

  test("that does not exist is refused", async () => {
    hub = client(DIRECT);
    await assert.rejects(hub.command("no.such"), Refused);
  });
});

describe("a mini-program", () => {
  test("follows a topic with its own kind of socket", async () => {
    const wx = {
      connectSocket({ url, protocols }: { url: string; protocols: string[] }): SocketTask {
        const socket = new WebSocket(url, protocols);
        return {
          onOpen: (work) => void (socket.onopen = work),
          onMessage: (work) => void (socket.onmessage = work),
          onClose: (work) => void (socket.onclose = work),
          onError: (work) => void (socket.onerror = work),
          send: ({ data }) => socket.send(data),
          close: ({ code }) => socket.close(code),
        };
      },
    };
    hub = client(DIRECT, { socket: taskSocket(`ws://${DIRECT}/ws/v1`, wx) });
    const log = new Log(hub);
    await until("a snapshot", () => log.isLive);
    await say("from afar");
    await until("the event", () => log.texts.includes("from afar"));
  });
});
