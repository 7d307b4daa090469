// The stream looks like a socket: what is asked over HTTP, and what comes back as frames.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { Channel } from "../../src/channel.ts";
import type { Position, ServerFrame, Sub } from "../../src/frames.ts";
import { eventStream } from "../../src/stream.ts";
import { event, settled, snap, subd } from "./machine.ts";

interface Request {
  path: string;
  headers: Record<string, string>;
  body: any;
  write(id: string, frame: ServerFrame): Promise<void>;
  end(): void;
}

const WELCOME: ServerFrame = {
  t: "welcome",
  conn: "c",
  user: "u",
  lease_s: 900,
  ping_s: 20,
  server_time: "2026-03-02T04:00:00Z",
};
const POSITION = { epoch: "e", seq: 5 };
const MINE = "merchant:01900000-0000-7000-8000-0000000000ff";
const MINE_AT = (seq: number) => `1~mAZAAAAAAcACAAAAAAAAA_w.${seq}.e`;

// A server of paper: streams are written by the test, everything else answers with `answers`.
function server() {
  const requests: Request[] = [];
  const answers: Response[] = [];
  const fetch = async (url: any, init: any = {}) => {
    const asked = new URL(url, "http://hub");
    let out!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (out = controller) });
    init.signal?.addEventListener("abort", () => out.error(init.signal.reason));
    requests.push({
      path: asked.pathname + asked.search,
      headers: init.headers,
      body: init.body && JSON.parse(init.body),
      write: async (id, frame) => {
        out.enqueue(new TextEncoder().encode(`id: ${id}\ndata: ${JSON.stringify(frame)}\n\n`));
        await settled();
      },
      end: () => out.close(),
    });
    return answers.shift() ?? new Response(body);
  };
  const open = eventStream({ base: "http://hub", fetch, headers: () => ({ "X-CSRFToken": "x" }) });
  return { requests, answers, open };
}

async function opened(since?: Position) {
  const made = server();
  const wanted = new Map<string, Position | undefined>([["merchant:1", since]]); // and where each stands
  const frames: any[] = [];
  const ends: string[] = [];
  let channel!: Channel;
  const connect = async () => {
    channel = made.open(
      { onFrame: (frame) => frames.push(frame), onEnd: (code, reason) => ends.push(`${code} ${reason}`) },
      { ticket: "abc", wanted: () => [...wanted].map(([topic, since]): Sub => ({ t: "sub", id: 0, topic, since })) },
    );
    await settled();
  };
  await connect();
  return { ...made, frames, ends, wanted, connect, channel: () => channel };
}

describe("a stream", () => {
  test("asks for its topics with the ticket, and gives the answers their numbers", async () => {
    const { requests, frames, channel } = await opened();
    assert.equal(requests[0]!.path, "/api/v1/stream?topic=merchant%3A1&ticket=abc");
    assert.equal(requests[0]!.headers["Accept"], "text/event-stream");
    await requests[0]!.write("1", WELCOME);
    channel().send({ t: "sub", id: 7, topic: "merchant:1" });
    await requests[0]!.write("2", subd(0, 5));
    assert.deepEqual([frames[1].t, frames[1].id], ["subd", 7]);
    assert.equal(requests.length, 1);
    channel().close();
  });

  test("wants a snapshot of what has no position", async () => {
    const { requests, channel } = await opened();
    assert.equal(requests[0]!.headers["Last-Event-ID"], undefined);
    channel().close();
  });

  test("begins where its topics stand, whatever brought them there", async () => {
    const { requests, channel, connect, wanted, ends } = await opened();
    wanted.delete("merchant:1");
    wanted.set(MINE, POSITION);
    requests[0]!.end();
    await settled();
    assert.deepEqual(ends, ["1006 "]);
    await connect();
    assert.equal(requests[1]!.headers["Last-Event-ID"], MINE_AT(5));
    channel().close();
  });

  test("is opened anew for another topic, and welcomes once", async () => {
    const { requests, frames, channel, wanted } = await opened();
    await requests[0]!.write("1", WELCOME);
    channel().send({ t: "sub", id: 7, topic: "merchant:1" });
    await requests[0]!.write("2", subd(0, 5));
    wanted.set("user:1", undefined).set("order:1", undefined);
    channel().send({ t: "sub", id: 8, topic: "user:1" });
    channel().send({ t: "sub", id: 9, topic: "order:1" });
    await settled();
    assert.equal(requests.length, 2);
    assert.match(requests[1]!.path, /merchant%3A1&topic=user%3A1&topic=order%3A1/);
    await requests[1]!.write("3", WELCOME);
    await requests[1]!.write("4", subd(1, 5, { topic: "user:1" }));
    assert.deepEqual(frames.map(({ t }) => t), ["welcome", "subd", "subd"]);
    assert.equal(frames[2].id, 8);
    channel().close();
  });

  test("says nothing more once something led to a new one", async () => {
    const { requests, channel, frames, wanted } = await opened(POSITION);
    wanted.set(MINE, POSITION);
    await requests[0]!.write("1", WELCOME);
    channel().send({ t: "sub", id: 7, topic: "merchant:1", since: POSITION });
    await requests[0]!.write("2", subd(0, 5, { recovered: true }));
    const hear = frames.push.bind(frames);
    frames.push = (frame) => {
      if (frame.t === "ev") channel().send({ t: "sub", id: 8, topic: "merchant:1", since: POSITION });
      return hear(frame);
    };
    requests[0]!.write("3", event(5));
    await requests[0]!.write("4", event(6));
    await settled();
    assert.deepEqual(frames.filter(({ t }) => t === "ev").map(({ seq }) => seq), [6]);
    assert.ok(requests[1]!.headers["Last-Event-ID"]!.endsWith(MINE_AT(5).slice(1)));
    channel().close();
  });

  test("tells why it was refused", async () => {
    for (const [response, told] of [
      [new Response("", { status: 401 }), "4500 "],
      [new Response("", { status: 503, headers: { "Retry-After": "3" } }), "4029 retry_ms=3000"],
      [new Response("", { status: 500 }), "1006 "],
    ] as const) {
      const { answers, connect, ends, channel } = await opened();
      channel().close();
      answers.push(response);
      await connect();
      await settled();
      assert.deepEqual(ends, [told]);
    }
  });
});

describe("a ticket that has become too old", () => {
  test("for another stream ends the connection, not the client", async () => {
    const { requests, answers, channel, ends } = await opened();
    await requests[0]!.write("1", WELCOME);
    channel().send({ t: "sub", id: 6, topic: "merchant:1" });
    answers.push(new Response("", { status: 401 }));
    channel().send({ t: "sub", id: 7, topic: "merchant:2" });
    await settled();
    assert.deepEqual(ends, ["1006 "]);
  });
});

describe("a topic that is not ours", () => {
  test("is refused as on a socket, and the stream is opened without it", async () => {
    const { requests, answers, frames, channel, connect, wanted } = await opened();
    channel().close();
    answers.push(Response.json({ code: "not_found", topic: "merchant:1" }, { status: 404 }));
    const hear = frames.push.bind(frames);
    frames.push = (frame) => {
      if (frame.t === "err") wanted.delete(frame.d.topic);
      return hear(frame);
    };
    await connect();
    await settled();
    assert.deepEqual(frames[0], { t: "err", code: "not_found", retry: false, d: { topic: "merchant:1" } });
    assert.equal(frames[1].t, "welcome"); // nothing is left to stream
    assert.equal(requests.length, 2);
    channel().close();
  });
});

describe("the other way", () => {
  test("commands are posts under their key, answered as frames", async () => {
    const { requests, answers, frames, channel } = await opened();
    answers.push(Response.json({ order: 1 }));
    const args = { order_id: "17", minutes: 5 };
    channel().send({ t: "cmd", id: 3, name: "order.accept", args, key: "k", ver: 4 });
    await settled();
    const { path, headers, body } = requests[1]!;
    assert.deepEqual([path, body], ["/api/v1/orders/17/accept", { minutes: 5 }]);
    assert.deepEqual(
      ["X-CSRFToken", "Idempotency-Key", "Paidan-Expected-Version"].map((name) => headers[name]),
      ["x", "k", "4"],
    );
    assert.deepEqual(frames, [{ t: "ok", id: 3, d: { order: 1 } }]);
    channel().close();
  });

  test("a refused command says so with its own code", async () => {
    const { answers, frames, channel } = await opened();
    const problem = { code: "version_conflict", retryable: false, detail: "Late." };
    answers.push(Response.json(problem, { status: 409 }));
    channel().send({ t: "cmd", id: 3, name: "order.accept", args: { order_id: "1" }, key: "k" });
    channel().send({ t: "cmd", id: 4, name: "no.such", args: {}, key: "k" });
    await settled();
    assert.deepEqual(frames.map(({ id, code }) => [id, code]), [
      [4, "not_found"],
      [3, "version_conflict"],
    ]);
    channel().close();
  });

  test("receipts are posts too", async () => {
    const { requests, channel } = await opened();
    channel().send({ t: "ack", topic: "merchant:1", seq: 6 });
    channel().send({ t: "act", r: ["r_1"] });
    await settled();
    assert.deepEqual(requests.slice(1).map(({ path, body }) => [path, body]), [
      ["/api/v1/stream/receipts", { ack: [{ topic: "merchant:1", seq: 6 }] }],
      ["/api/v1/stream/receipts", { act: ["r_1"] }],
    ]);
    channel().close();
  });

  test("how the device is doing is a post, under the name of the stream", async () => {
    const { requests, channel } = await opened();
    channel().send({ t: "pong", health: { sound: false } }); // whose it is, nobody knows yet
    await requests[0]!.write("1", WELCOME);
    channel().send({ t: "pong" });
    channel().send({ t: "pong", health: { sound: false, battery: 0.5 } });
    await settled();
    assert.deepEqual(requests.slice(1).map(({ path, body }) => [path, body]), [
      ["/api/v1/stream/health", { conn: "c", sound: false, battery: 0.5 }],
    ]);
    channel().close();
  });

  test("a snapshot passes as it is", async () => {
    const { requests, frames, channel } = await opened();
    await requests[0]!.write("1", snap(5));
    assert.deepEqual(frames, [snap(5)]);
    channel().close();
  });
});
