// What a program uses: topics, commands and receipts over one connection that comes back by itself.

import type { Freshness } from "./freshness.ts";
import { FreshnessMark } from "./freshness.ts";
import { pauseMs } from "./backoff.ts";
import { ServerClock } from "./clock.ts";
import { Commands } from "./commands.ts";
import type { ConnectionOptions } from "./connection.ts";
import { Connection } from "./connection.ts";
import { Timers, machine } from "./environment.ts";
import { Ended } from "./errors.ts";
import type { CourierPos, Err, EventBody, Json, Position, Row } from "./frames.ts";
import type { ServerFrame, Snap, Sub, Subd, Welcome } from "./frames.ts";
import { Lease } from "./lease.ts";
import { Line } from "./line.ts";
import { Receipts } from "./receipts.ts";
import { Topic } from "./topic.ts";

const SYNC_MS = 10_000; // without a step forward, a topic is asked for again
const COMMAND_MS = 30_000;

export type Cause = "snapshot" | "recovered" | "event" | "tick";

export interface TopicHandlers {
  onRows?(rows: Row[], cause: Cause): void; // the whole view, after every change
  onEvent?(event: EventBody, how: { replayed: boolean }): void; // each once, in order
  onPosition?(frame: CourierPos): void;
  onRefused?(code: string): void; // not ours, or no longer; the topic is left
}

export interface HubOptions extends ConnectionOptions {
  clockSpeed?: number; // how many times faster business time runs, in a demonstration
  commandMs?: number; // how long a command waits for its answer
  syncMs?: number;
  onFreshness?(freshness: Freshness): void;
}

interface Joined {
  topic: Topic;
  handlers: TopicHandlers;
}

export class Hub {
  private readonly options: HubOptions;
  private readonly connection: Connection;
  private readonly clock: ServerClock;
  private readonly timers: Timers;
  private readonly lease: Lease;
  private readonly receipts: Receipts;
  private readonly commands: Commands;
  private readonly mark: FreshnessMark;
  private readonly line: Line;
  private readonly joined = new Map<string, Joined>();
  private lastId = 0;
  private wasLive = false;
  private isGuest = false; // of a share link: nobody counts on a guest's acknowledgements
  private catchesUp = true;
  private end: Ended | null = null;

  constructor(options: HubOptions) {
    const env = options.env ?? machine;
    this.options = { ...options, env };
    this.timers = new Timers(env);
    this.clock = new ServerClock(env, options.clockSpeed);
    this.mark = new FreshnessMark(env, (freshness) => options.onFreshness?.(freshness));
    this.receipts = new Receipts(env, (frame) => this.connection.send(frame));
    this.commands = new Commands(env, (frame) => this.connection.send(frame));
    this.lease = new Lease(env, () => this.renew());
    this.line = new Line(env, () => !this.connection.isStream);
    this.connection = new Connection(this.options, {
      wanted: () => this.wanted(),
      onWelcome: (frame) => this.welcomed(frame),
      onFrame: (frame) => this.receive(frame),
      onLost: () => this.lost(),
      onEnded: (code) => this.ended(code),
    });
  }

  // Whether the server can be spoken to now; commands wait when it cannot.
  get ready(): boolean {
    return this.connection.isOpen;
  }

  get freshness(): Freshness {
    return this.mark.value;
  }

  // "socket", or "stream" where sockets fail.
  get transport(): "socket" | "stream" {
    return this.connection.isStream ? "stream" : "socket";
  }

  get closeCodes(): readonly number[] {
    return this.connection.closeCodes;
  }

  // Business time as the server sees it, in milliseconds since 1970.
  now(): number {
    return this.clock.now();
  }

  // The server's clock runs at another speed now.
  pace(speed: number, serverTime: string): void {
    this.clock.pace(speed, serverTime);
  }

  // Follow a topic from now on, or from a position that somebody kept.
  join(name: string, handlers: TopicHandlers = {}, since: Position | null = null): Topic {
    const topic = new Topic(name, since);
    this.joined.set(name, { topic, handlers });
    if (this.ready) this.ask(topic);
    return topic;
  }

  leave(name: string): void {
    if (!this.joined.delete(name)) return;
    this.timers.drop(`sync ${name}`);
    this.receipts.forget(name);
    if (this.ready) this.line.leave(name, () => this.connection.send({ t: "unsub", topic: name }));
    this.settle();
  }

  // Rows of a topic as they are now.
  rows(name: string): Row[] {
    return this.joined.get(name)?.topic.store.visible(this.now()) ?? [];
  }

  // Carried out once, however often the connection breaks; see `Commands.give`. `timeoutMs` may be
  // Infinity.
  command(
    name: string,
    args: Json = {},
    { ver, key, timeoutMs }: { ver?: number; key?: string; timeoutMs?: number } = {},
  ): Promise<Json> {
    if (this.end) return Promise.reject(this.end);
    const head = { t: "cmd", id: ++this.lastId, name, args } as const;
    const frame = { ...head, key: key ?? this.env.key(), ...(ver !== undefined && { ver }) };
    return this.commands.give(frame, timeoutMs ?? this.options.commandMs ?? COMMAND_MS);
  }

  // A person saw these receipts.
  seen(receipts: string[]): void {
    this.receipts.say("seen", receipts);
  }

  // A person acknowledged these receipts; escalation stops on every device.
  act(receipts: string[]): void {
    this.receipts.say("act", receipts);
  }

  // Where a courier is: lost without harm while there is no connection.
  position(latitude: number, longitude: number, accuracy: number | undefined, at: string): void {
    const acc = accuracy === undefined ? {} : { acc: accuracy };
    this.connection.send({ t: "pos", lat: latitude, lng: longitude, ...acc, at });
  }

  // Hand out every view again after time alone has passed: what ended leaves.
  tick(): void {
    for (const each of this.joined.values()) this.changed(each, "tick");
  }

  // Leave for good; nothing runs any more.
  close(): void {
    this.connection.close();
    this.stop(null);
  }

  private get env() {
    return this.options.env ?? machine;
  }

  private stop(code: number | null): void {
    this.end ??= new Ended(code);
    this.commands.end(code);
    this.receipts.close();
    this.lease.end();
    this.line.clear();
    this.mark.close();
    this.timers.dropAll();
  }

  private wanted(): Sub[] {
    return [...this.joined.values()].map(({ topic }) => topic.question(0));
  }

  private welcomed(frame: Welcome): void {
    this.clock.set(frame.server_time);
    this.isGuest = frame.user === "";
    this.lease.begin(frame.lease_s);
    this.catchesUp = true;
    this.line.clear();
    for (const { topic } of this.joined.values()) this.ask(topic);
    this.commands.repeat();
    this.receipts.repeat();
    this.settle();
  }

  private lost(): void {
    this.lease.end();
    this.line.clear();
    this.timers.dropAll();
    this.catchesUp = true;
    const { isOffline, closeCodes } = this.connection;
    const before = this.wasLive || closeCodes.length > 0 ? "reconnecting" : "connecting";
    this.mark.set(isOffline ? "offline" : before);
  }

  private ended(code: number): void {
    this.mark.set("refused", { code });
    this.stop(code);
  }

  private async renew(): Promise<void> {
    const ticket = await this.options.ticket?.();
    if (ticket !== undefined) this.connection.send({ t: "refresh", ticket });
  }

  private ask(topic: Topic): void {
    this.timers.drop(`again ${topic.name}`);
    topic.wait();
    this.line.ask(topic.name, () => {
      this.connection.send(topic.ask(++this.lastId));
      this.watch(topic);
    });
  }

  // What was lost on the way comes no more: without a step forward in time, ask again.
  private watch(topic: Topic): void {
    const name = `sync ${topic.name}`;
    if (topic.phase === "live") this.timers.drop(name);
    else this.timers.set(name, this.options.syncMs ?? SYNC_MS, () => this.ask(topic));
  }

  private receive(frame: ServerFrame): void {
    this.lease.check();
    switch (frame.t) {
      case "subd":
        return this.subscribed(frame);
      case "snap":
        return this.load(frame);
      case "ev":
        return this.take([frame]);
      case "evs":
        return this.take(frame.evs);
      case "pos":
        return this.joined.get(frame.topic)?.handlers.onPosition?.(frame);
      case "ok":
        this.commands.answer(frame);
        return;
      case "err":
        if (!this.commands.answer(frame)) this.refused(frame);
    }
  }

  private subscribed(frame: Subd): void {
    const each = this.joined.get(frame.topic);
    if (!each?.topic.answer(frame)) return;
    this.line.answered(frame.topic);
    if (frame.recovered) this.changed(each, "recovered");
    this.moved(each.topic);
  }

  private load(frame: Snap): void {
    const each = this.joined.get(frame.topic);
    if (!each) return;
    if (each.topic.load(frame)) this.changed(each, "snapshot");
    this.moved(each.topic);
  }

  private take(events: EventBody[]): void {
    const changed = new Set<Joined>();
    for (const event of events) {
      const each = this.joined.get(event.topic);
      if (each && this.apply(each, event)) changed.add(each);
    }
    for (const each of changed) this.changed(each, "event");
  }

  private apply({ topic, handlers }: Joined, event: EventBody): boolean {
    const replayed = topic.phase === "replaying";
    const outcome = topic.take(event);
    if (outcome === "gap") this.ask(topic);
    if (outcome !== "applied") return false;
    if (!this.isGuest) this.receipts.received(topic.name, event.seq, event.crit !== undefined);
    handlers.onEvent?.(event, { replayed });
    if (replayed) this.moved(topic);
    return true;
  }

  private moved(topic: Topic): void {
    if (this.joined.get(topic.name)?.topic !== topic) return;
    this.watch(topic);
    this.settle();
  }

  private changed({ topic, handlers }: Joined, cause: Cause): void {
    handlers.onRows?.(topic.store.visible(this.now()), cause);
  }

  // Live once every topic is; a topic joined later does not make the others old.
  private settle(): void {
    if (!this.ready || !this.catchesUp) return;
    const topics = [...this.joined.values()].map(({ topic }) => topic);
    if (topics.some((topic) => topic.phase !== "live")) return;
    const count = topics.reduce((sum, topic) => sum + topic.replayed, 0);
    this.catchesUp = false;
    this.wasLive = true;
    this.mark.set(count ? "replayed" : "live", { count });
  }

  // A topic that is not ours, or no longer.
  private refused(frame: Err): void {
    for (const each of [...this.joined.values()]) {
      const { topic, handlers } = each;
      const isIt = frame.id === undefined ? frame.d?.["topic"] === topic.name : frame.id === topic.askedId;
      if (!isIt) continue;
      this.line.answered(topic.name);
      if (frame.retry) {
        this.timers.drop(`sync ${topic.name}`);
        const wait = pauseMs(1, this.env.random(), this.options.patience);
        this.timers.set(`again ${topic.name}`, wait, () => this.ask(topic));
        continue;
      }
      this.joined.delete(topic.name);
      this.timers.drop(`sync ${topic.name}`);
      handlers.onRefused?.(frame.code);
      this.settle();
    }
  }
}
