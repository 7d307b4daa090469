// Sockets as browsers and Node have them (`WebSocket`), and as mini-programs do (`connectSocket`).

import type { Channel, ChannelEvents, Opener } from "./channel.ts";
import { LOST } from "./codes.ts";
import type { ClientFrame, ServerFrame } from "./frames.ts";

export const SUBPROTOCOL = "paidan.v1";

// What differs between kinds of sockets.
interface Wire {
  send(text: string): void;
  close(): void;
}

interface WireEvents {
  opened(): void;
  heard(text: unknown): void;
  closed(code: number | undefined, reason: string | undefined): void;
}

// Open sockets with a `WebSocket` class: the browser's own, or Node's.
export function webSocket(url: string, Socket = globalThis.WebSocket): Opener {
  return overWire(({ opened, heard, closed }) => {
    const socket = new Socket(url, [SUBPROTOCOL]);
    socket.onopen = opened;
    socket.onmessage = (message) => heard(message.data);
    socket.onclose = (event) => closed(event.code, event.reason);
    socket.onerror = () => {}; // a close follows
    return { send: (text) => socket.send(text), close: () => socket.close() };
  });
}

// The part of `wx` and `uni` that is used.
export interface MiniProgram {
  connectSocket(options: {
    url: string;
    protocols: string[];
    complete(): void; // `uni` answers with a task only when one of its callbacks is given
  }): SocketTask;
}

export interface SocketTask {
  onOpen(work: () => void): void;
  onMessage(work: (message: { data: unknown }) => void): void;
  onClose(work: (event: { code?: number; reason?: string }) => void): void;
  onError(work: (error: unknown) => void): void;
  send(options: { data: string; fail?: () => void }): void;
  close(options: { code?: number }): void;
}

// Open sockets with a mini-program's `wx` or `uni`.
export function taskSocket(url: string, api: MiniProgram): Opener {
  return overWire(({ opened, heard, closed }) => {
    const task = api.connectSocket({ url, protocols: [SUBPROTOCOL], complete() {} });
    task.onOpen(opened);
    task.onMessage(({ data }) => heard(data));
    task.onClose(({ code, reason }) => closed(code, reason));
    task.onError(() => closed(LOST, "")); // not every platform sends a close after it
    return {
      send: (data) => task.send({ data, fail: () => closed(LOST, "") }),
      close: () => task.close({ code: 1000 }),
    };
  });
}

function overWire(open: (events: WireEvents) => Wire): Opener {
  return (events, { ticket }) => new SocketChannel(open, events, ticket);
}

class SocketChannel implements Channel {
  private readonly wire: Wire;
  private readonly events: ChannelEvents;
  private isOver = false;

  constructor(open: (events: WireEvents) => Wire, events: ChannelEvents, ticket: string | null) {
    this.events = events;
    this.wire = open({
      opened: () => {
        if (this.isOver) this.wire.close();
        else if (ticket !== null) this.send({ t: "auth", ticket, caps: ["receipt"] });
      },
      heard: (text) => this.hear(text),
      closed: (code, reason) => this.end(code ?? LOST, reason ?? ""),
    });
  }

  send(frame: ClientFrame): void {
    if (!this.isOver) this.wire.send(JSON.stringify(frame));
  }

  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.wire.close();
  }

  private hear(text: unknown): void {
    if (this.isOver) return;
    let frame: ServerFrame;
    try {
      frame = JSON.parse(String(text));
    } catch {
      this.close(); // whatever this is, it does not speak our protocol
      this.events.onEnd(LOST, "");
      return;
    }
    this.events.onFrame(frame);
  }

  private end(code: number, reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.events.onEnd(code, reason);
  }
}
