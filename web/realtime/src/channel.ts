// What frames travel over: a socket, or a stream of server-sent events with HTTP the other way.

import type { ClientFrame, ServerFrame, Sub } from "./frames.ts";

export interface ChannelEvents {
  onFrame(frame: ServerFrame): void;
  onEnd(code: number, reason: string): void; // once, and nothing after it
}

export interface Channel {
  send(frame: ClientFrame): void;
  close(): void; // no event comes any more
}

// `ticket` is null where a session cookie speaks for the person; `wanted` asks for every topic, from
// where it stands at that moment.
export interface Opening {
  ticket: string | null;
  wanted(): Sub[];
}

export type Opener = (events: ChannelEvents, opening: Opening) => Channel;
