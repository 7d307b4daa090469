// A channel without a socket: server-sent events one way, plain HTTP the other. To the rest of the
// client it looks like a socket; `sub` opens the stream anew, `cmd` is a POST.

import type { Channel, ChannelEvents, Opener, Opening } from "./channel.ts";
import { BAD_TICKET, LOST, OVERLOAD } from "./codes.ts";
import { cursorOf } from "./cursor.ts";
import type { ClientFrame, Cmd, Health, Json, ServerFrame, Sub } from "./frames.ts";
import { PATHS } from "./paths.ts";
import { EventStreamParser } from "./sse.ts";

const DAY_S = 86_400;

export interface StreamOptions {
  base: string; // origin of the server, empty for the page's own
  headers?: () => Record<string, string>; // of every request: a token, or against forgery
  fetch?: typeof fetch;
}

interface Asked {
  id: number; // of the `sub` to answer
  isAnswered: boolean;
}

// Open streams at `/api/v1/stream`; they begin where every topic stands, however it came there.
export function eventStream(options: StreamOptions): Opener {
  return (events, opening) => new StreamChannel(options, events, opening);
}

class StreamChannel implements Channel {
  private readonly options: StreamOptions;
  private readonly events: ChannelEvents;
  private readonly opening: Opening;
  private asked = new Map<string, Asked>();
  private conn = ""; // the server's name for the stream
  private reading: AbortController | null = null;
  private readonly requests = new AbortController();
  private isOver = false;
  private isGreeted = false;
  private isStale = false; // a new stream is about to replace this one

  constructor(options: StreamOptions, events: ChannelEvents, opening: Opening) {
    this.options = options;
    this.events = events;
    this.opening = opening;
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
      case "pong":
        return this.report(frame.health);
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

  // The first questions were known when the stream was opened; any other needs a new stream.
  private subscribe(frame: Sub): void {
    const asked = this.asked.get(frame.topic);
    if (asked && !asked.isAnswered) {
      asked.id = frame.id;
      return;
    }
    this.asked.set(frame.topic, { id: frame.id, isAnswered: false });
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
    const questions = this.opening.wanted();
    const topics = questions.map(({ topic }) => topic);
    this.asked = new Map(topics.map((topic) => [topic, { id: this.asked.get(topic)?.id ?? 0, isAnswered: false }]));
    if (topics.length === 0) return this.greet();
    const response = await this.fetch(this.path(topics), { headers: accept(questions), signal }).catch(() => null);
    if (signal.aborted) return;
    if (!response?.ok || !response.body) return this.refused(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventStreamParser();
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: "" }));
      if (signal.aborted) return;
      if (done) return this.end(LOST);
      // What led to a new stream is not to be skipped by it: the rest comes again.
      for (const data of parser.feed(value ?? "")) if (!this.isStale) this.forward(JSON.parse(data), topics);
    }
  }

  // Nobody streams nothing; commands can be given all the same.
  private greet(): void {
    const name = { conn: "", user: "", server_time: new Date().toISOString() };
    this.forward({ t: "welcome", ...name, lease_s: DAY_S, ping_s: DAY_S }, []);
  }

  private path(topics: string[]): string {
    const query = new URLSearchParams(topics.map((topic) => ["topic", topic]));
    if (this.opening.ticket !== null) query.set("ticket", this.opening.ticket);
    return `/api/v1/stream?${query}`;
  }

  private forward(frame: ServerFrame, topics: string[]): void {
    if (frame.t === "welcome") {
      this.conn = frame.conn;
      if (this.isGreeted) return;
      this.isGreeted = true;
    }
    if ((frame.t === "subd" || frame.t === "err") && frame.id !== undefined) {
      const asked = this.asked.get(topics[frame.id] ?? "");
      if (!asked) return;
      asked.isAnswered = true;
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

  // The next ping asks again.
  private report(health: Health | undefined): void {
    if (health && this.conn !== "") this.post("/stream/health", { conn: this.conn, ...health }).catch(() => {});
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

// Where every topic stands; one that wants a snapshot is not named.
function accept(questions: readonly Sub[]): Record<string, string> {
  const cursor = cursorOf(questions);
  return { Accept: "text/event-stream", ...(cursor !== null && { "Last-Event-ID": cursor }) };
}
