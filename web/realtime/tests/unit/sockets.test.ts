// Mini-programs' sockets, by a fake of their API over Node's own WebSocket and by what it does wrong.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { SocketTask } from "../../src/sockets.ts";
import { taskSocket, webSocket } from "../../src/sockets.ts";

class PaperTask implements SocketTask {
  readonly sent: string[] = [];
  readonly closed: (number | undefined)[] = [];
  opened!: () => void;
  heard!: (message: { data: unknown }) => void;
  ended!: (event: { code?: number; reason?: string }) => void;
  failed!: (error: unknown) => void;
  refuses = false;

  onOpen = (work: () => void) => void (this.opened = work);
  onMessage = (work: (message: { data: unknown }) => void) => void (this.heard = work);
  onClose = (work: (event: { code?: number; reason?: string }) => void) => void (this.ended = work);
  onError = (work: (error: unknown) => void) => void (this.failed = work);

  send({ data, fail }: { data: string; fail?: () => void }): void {
    if (this.refuses) fail?.();
    else this.sent.push(data);
  }

  close({ code }: { code?: number }): void {
    this.closed.push(code);
  }
}

function open(ticket: string | null = null) {
  const task = new PaperTask();
  const told: string[] = [];
  const asked: unknown[] = [];
  const api = {
    connectSocket: (options: { url: string; protocols: string[] }) => {
      asked.push([options.url, options.protocols]);
      return task;
    },
  };
  const channel = taskSocket("wss://hub/ws/v1", api)(
    { onFrame: ({ t }) => told.push(t), onEnd: (code, reason) => told.push(`${code} ${reason}`) },
    { ticket, wanted: () => [] },
  );
  return { task, told, asked, channel };
}

describe("a mini-program's socket", () => {
  test("speaks our protocol and shows its ticket first", () => {
    const { task, asked } = open("abc");
    task.opened();
    assert.deepEqual(asked, [["wss://hub/ws/v1", ["paidan.v1"]]]);
    assert.deepEqual(task.sent, ['{"t":"auth","ticket":"abc","caps":["receipt"]}']);
  });

  test("ends once, whether a close follows its error or not", () => {
    const { task, told } = open();
    task.failed({ errMsg: "fail" });
    task.ended({ code: 1006, reason: "" });
    assert.deepEqual(told, ["1006 "]);
  });

  test("ends when it cannot send", () => {
    const { task, told, channel } = open();
    task.refuses = true;
    channel.send({ t: "pong" });
    assert.deepEqual(told, ["1006 "]);
  });

  test("tells the server's code and reason", () => {
    const { task, told } = open();
    task.ended({ code: 4029, reason: "retry_ms=5" });
    assert.deepEqual(told, ["4029 retry_ms=5"]);
  });

  test("ends at what is no frame", () => {
    const { task, told } = open();
    task.heard({ data: '{"t":"ping"}' });
    task.heard({ data: '{"t":"pi' });
    task.heard({ data: '{"t":"ping"}' });
    assert.deepEqual(told, ["ping", "1006 "]);
    assert.deepEqual(task.closed, [1000]);
  });

  test("that was closed while it connected is closed once it is open", () => {
    const { task, channel, told } = open("abc");
    channel.close();
    task.opened();
    assert.deepEqual([task.closed, task.sent, told], [[1000, 1000], [], []]);
  });
});

describe("a browser's socket", () => {
  test("is made with our subprotocol", () => {
    const made: unknown[] = [];
    class Socket {
      constructor(url: string, protocols: string[]) {
        made.push([url, protocols]);
      }
    }
    webSocket("ws://hub/ws/v1", Socket as unknown as typeof WebSocket)(
      { onFrame() {}, onEnd() {} },
      { ticket: null, wanted: () => [] },
    );
    assert.deepEqual(made, [["ws://hub/ws/v1", ["paidan.v1"]]]);
  });
});
