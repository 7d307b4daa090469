// A channel without a socket: server-sent events one way, plain HTTP the other. To the rest of the
// client it looks like a socket; `sub` opens the stream anew, `cmd` is a POST.

import type { Channel, ChannelEvents, Opener, Opening } from "./channel.ts";
import { BAD_TICKET, LOST, OVERLOAD } from "./codes.ts";
import type { ClientFrame, Cmd, Json, ServerFrame, Sub } from "./frames.ts";
import { PATHS } from "./paths.ts";
import { EventStreamParser } from "./sse.ts";
import type { Message } from "./sse.ts";

const DAY_S = 86_400;

export interface StreamOptions {
  base: string; // origin of the server, empty for the page's own
  headers?: () => Record<string, string>; // of every request: a token, or against forgery
  fetch?: typeof fetch;
}

// Where a stream was last, and of which topics: `Last-Event-ID` means nothing to others.
interface Place {
  cursor: string | null;
  topics: string[];
}

interface Asked {
  id: number; // of the `sub` to answer
  isNew: boolean; // wants a snapshot
  isAnswered: boolean;
}

// Open streams at `/api/v1/stream`; they resume where the one before ended.
export function eventStream(options: StreamOptions): Opener {
  const place: Place = { cursor: null, topics: [] };
  return (events, opening) => new StreamChannel(options, place, events, opening);
}

class StreamChannel implements Channel {
  private readonly options: StreamOptions;
  private readonly place: Place;
  private readonly events: ChannelEvents;
  private readonly ticket: string | null;
  private readonly asked = new Map<string, Asked>();
  private reading: AbortController | null = null;
  private readonly requests = new AbortController();
  private isOver = false;
  private isGreeted = false;
  private isStale = false; // a new stream is about to replace this one

  constructor(options: StreamOptions, place: Place, events: ChannelEvents, opening: Opening) {
    this.options = options;
    this.place = place;
    this.events = events;
    this.ticket = opening.ticket;
    for (const sub of opening.wanted) this.note(sub);
    this.reopen();
  }

  send(frame: ClientFrame): void {
    switch (frame.t) {
      case "sub":
        return this.subscribe(frame);
      case "unsub":
        if (this.asked.delete(frame.topic)) this.reopen();
        return;
      case "ack":
        return this.tell({ ack: [{ topic: frame.topic, seq: frame.seq }] });
      case "seen":
      case "act":
        return this.tell({ [frame.t]: frame.r });
      case "cmd":
        this.command(frame);
        return;
      case "pos": {
        const { lat: latitude, lng: longitude, acc: accuracy_metres, at } = frame;
        const args = { latitude, longitude, accuracy_metres, at };
        this.command({ t: "cmd", id: -1, name: "courier.report_position", args, key: "" });
      }
    }
  }

  close(): void {
    this.isOver = true;
    this.reading?.abort();
    this.requests.abort();
  }

  private note({ id, topic, since }: Sub): void {
    this.asked.set(topic, { id, isNew: since === undefined, isAnswered: false });
  }

  // The first questions were known when the stream was opened; any other needs a new stream.
  private subscribe(frame: Sub): void {
    const asked = this.asked.get(frame.topic);
    if (asked && !asked.isAnswered) {
      asked.id = frame.id;
      return;
    }
    this.note(frame);
    this.reopen();
  }

  // Several questions at once need one stream only.
  private reopen(): void {
    if (this.isStale) return;
    this.isStale = true;
    queueMicrotask(() => {
      if (!this.isOver) this.open().catch(() => this.end(LOST));
    });
  }

  private async open(): Promise<void> {
    this.reading?.abort();
    this.isStale = false;
    const { signal } = (this.reading = new AbortController());
    const topics = [...this.asked.keys()];
    if (topics.length === 0) return this.greet();
    const response = await this.fetch(this.path(topics), { headers: this.accept(topics), signal })
      .catch(() => null);
    if (signal.aborted) return;
    if (!response?.ok || !response.body) return this.refused(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventStreamParser();
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: "" }));
      if (signal.aborted) return;
      if (done) return this.end(LOST);
      for (const message of parser.feed(value ?? "")) if (!this.isStale) this.take(message, topics);
    }
  }

  // Nobody streams nothing; commands can be given all the same.
  private greet(): void {
    const name = { conn: "", user: "", server_time: new Date().toISOString() };
    this.forward({ t: "welcome", ...name, lease_s: DAY_S, ping_s: DAY_S }, []);
  }

  private path(topics: string[]): string {
    const query = new URLSearchParams(topics.map((topic) => ["topic", topic]));
    if (this.ticket !== null) query.set("ticket", this.ticket);
    return `/api/v1/stream?${query}`;
  }

  // A topic that wants a snapshot gets none from a cursor that knows it.
  private accept(topics: string[]): Record<string, string> {
    const { cursor, topics: known } = this.place;
    const isNew = topics.some((name) => this.asked.get(name)?.isNew && known.includes(name));
    const place = cursor === null || isNew ? null : { "Last-Event-ID": cursor };
    return { Accept: "text/event-stream", ...place };
  }

  private take({ id, data }: Message, topics: string[]): void {
    const frame: ServerFrame = JSON.parse(data);
    this.forward(frame, topics);
    // What led to a new stream is not to be skipped by it.
    if (id !== null && !this.isStale) Object.assign(this.place, { cursor: id, topics });
  }

  private forward(frame: ServerFrame, topics: string[]): void {
    if (frame.t === "welcome") {
      if (this.isGreeted) return;
      this.isGreeted = true;
    }
    if ((frame.t === "subd" || frame.t === "err") && frame.id !== undefined) {
      const asked = this.asked.get(topics[frame.id] ?? "");
      if (!asked) return;
      asked.isAnswered = true;
      asked.isNew = false;
      this.events.onFrame({ ...frame, id: asked.id });
    } else this.events.onFrame(frame);
  }

  private async refused(response: Response | null): Promise<void> {
    const status = response?.status ?? 0;
    const problem: Json | null = (await response?.json().catch(() => null)) ?? null;
    if (this.isOver) return;
    if (status === 404 && this.asked.delete(problem?.["topic"])) {
      // One topic that is not ours keeps the others from us: say so, and go on without it.
      const { code, topic } = problem as Json;
      this.reopen();
      return this.events.onFrame({ t: "err", code, retry: false, d: { topic } });
    }
    const seconds = Number(response?.headers.get("Retry-After"));
    // A ticket serves a minute; a stream that was opened anew may need another one.
    if (status === 401 || status === 403) this.end(this.isGreeted ? LOST : BAD_TICKET);
    else if (seconds > 0) this.end(OVERLOAD, `retry_ms=${seconds * 1000}`);
    else this.end(LOST);
  }

  private end(code: number, reason = ""): void {
    if (this.isOver) return;
    this.close();
    this.events.onEnd(code, reason);
  }

  private fetch(path: string, init: RequestInit): Promise<Response> {
    const { base, headers, fetch: ask } = this.options;
    const all = { ...headers?.(), ...(init.headers as Record<string, string>) };
    return (ask ?? globalThis.fetch)(base + path, { cache: "no-store", ...init, headers: all });
  }

  private post(path: string, body: Json, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(`/api/v1${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal: this.requests.signal,
    });
  }

  // Receipts say again what they said when nobody answers.
  private tell(receipts: Json): void {
    this.post("/stream/receipts", receipts).catch(() => {});
  }

  private async command({ id, name, args, key, ver }: Cmd): Promise<void> {
    const path = PATHS[name];
    const fail = (code: string, retry: boolean, d: Json) =>
      this.isOver || this.events.onFrame({ t: "err", id, code, retry, d });
    if (path === undefined) return void fail("not_found", false, {});
    const body = { ...args };
    const filled = path.replace(/\{(\w+)\}/g, (_, subject) => {
      const value = encodeURIComponent(String(body[subject]));
      delete body[subject];
      return value;
    });
    const version = ver === undefined ? null : { "Paidan-Expected-Version": String(ver) };
    const once = key === "" ? null : { "Idempotency-Key": key };
    // Without an answer the command is repeated under its key by whoever waits for it.
    const response = await this.post(filled, body, { ...once, ...version }).catch(() => null);
    const answer: Json | null = (await response?.json().catch(() => null)) ?? null;
    if (this.isOver || !response || answer === null || id < 0) return;
    if (response.ok) this.events.onFrame({ t: "ok", id, d: answer });
    else fail(answer["code"] ?? "internal", answer["retryable"] ?? response.status >= 500, answer);
  }
}
