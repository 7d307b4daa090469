// Made from web/realtime by `node build.ts`; change the sources instead.
class HubError extends Error {
  constructor(code, retry = false, d = {}) {
    super(d["detail"] ?? code);
    this.name = new.target.name;
    this.code = code;
    this.retry = retry;
    this.d = d;
  }
}
class Refused extends HubError {
  static of(frame) {
    return new Refused(frame.code, frame.retry, frame.d);
  }
}
class TimedOut extends HubError {
  constructor() {
    super("timeout", true);
  }
}
class Ended extends HubError {
  constructor(closeCode) {
    super("ended", false, { close_code: closeCode });
    this.closeCode = closeCode;
  }
}
class NoTicket extends HubError {
  constructor() {
    super("unauthenticated");
  }
}

const machine = {
  monotonic: () => globalThis.performance?.now() ?? Date.now(),
  wall: () => Date.now(),
  setTimer: (work, ms) => setTimeout(work, ms),
  clearTimer: (timer) => clearTimeout(timer),
  random: () => Math.random(),
  key: () => globalThis.crypto?.randomUUID?.() ?? digits() + digits(),
};
function digits() {
  return Math.random().toString(36).slice(2);
}
class Timers {
  running = new Map();
  constructor(env) {
    this.env = env;
  }
  set(name, ms, work) {
    this.drop(name);
    const run = () => {
      this.running.delete(name);
      work();
    };
    this.running.set(name, this.env.setTimer(run, ms));
  }
  has(name) {
    return this.running.has(name);
  }
  drop(name) {
    if (!this.running.has(name)) return;
    this.env.clearTimer(this.running.get(name));
    this.running.delete(name);
  }
  dropAll() {
    for (const name of [...this.running.keys()]) this.drop(name);
  }
}

const REPLAYED_SHOWN_MS = 8_000;
class FreshnessMark {
  tell;
  constructor(env, tell) {
    this.env = env;
    this.timers = new Timers(env);
    this.tell = tell;
    this.value = { state: "connecting", since: env.wall(), count: 0, code: null };
  }
  set(state, { count = 0, code = null } = {}) {
    const { value } = this;
    if (value.state === "refused") return;
    if (value.state === state && value.count === count) return;
    this.value = { state, since: this.env.wall(), count, code };
    this.timers.dropAll();
    if (state === "replayed") {
      this.timers.set("shown", REPLAYED_SHOWN_MS, () => this.set("live"));
    }
    this.tell(this.value);
  }
  close() {
    this.timers.dropAll();
  }
}

const PATIENCE = { leastMs: 500, mostMs: 20_000 };
function pauseMs(failures, random, patience = PATIENCE) {
  const { leastMs, mostMs } = patience;
  const ceiling = Math.min(mostMs, leastMs * 2 ** (failures + 1));
  return leastMs + random * (ceiling - leastMs);
}

class ServerClock {
  heard = null;
  constructor(env, speed = 1) {
    this.env = env;
    this.speed = speed;
  }
  set(serverTime) {
    this.heard = { server: Date.parse(serverTime), here: this.env.monotonic() };
  }
  pace(speed, serverTime) {
    this.speed = speed;
    this.set(serverTime);
  }
  now() {
    if (this.heard === null) return this.env.wall();
    return this.heard.server + (this.env.monotonic() - this.heard.here) * this.speed;
  }
}

const OVERDUE_MS = 8_000;
class Commands {
  send;
  waiting = new Map();
  constructor(env, send) {
    this.timers = new Timers(env);
    this.send = send;
  }
  get count() {
    return this.waiting.size;
  }
  give(frame, timeoutMs) {
    return new Promise((resolve, reject) => {
      this.waiting.set(frame.id, { frame, resolve, reject });
      if (timeoutMs < Infinity) {
        this.timers.set(`end ${frame.id}`, timeoutMs, () => this.fail(frame.id, new TimedOut()));
      }
      this.transmit(frame);
    });
  }
  answer(frame) {
    const waiting = this.waiting.get(frame.id ?? -1);
    if (!waiting) return false;
    if (frame.t === "ok") this.forget(waiting.frame.id)?.resolve(frame.d);
    else this.fail(waiting.frame.id, Refused.of(frame));
    return true;
  }
  repeat() {
    for (const { frame } of [...this.waiting.values()]) this.transmit(frame);
  }
  end(closeCode) {
    for (const id of [...this.waiting.keys()]) this.fail(id, new Ended(closeCode));
  }
  transmit(frame) {
    this.timers.set(`repeat ${frame.id}`, OVERDUE_MS, () => this.transmit(frame));
    this.send(frame);
  }
  fail(id, error) {
    this.forget(id)?.reject(error);
  }
  forget(id) {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    this.timers.drop(`end ${id}`);
    this.timers.drop(`repeat ${id}`);
    return waiting;
  }
}

const LOST = 1006;
const FIRST_OWN_CODE = 4000;
const OVERLOAD = 4029;
const BAD_TICKET = 4500;
const FINAL = new Set([4500, 4501, 4503, 4504, 4505]);
function isFinal(code) {
  return FINAL.has(code);
}
function retryMsOf(reason) {
  const found = /retry_ms\D{0,4}(\d+)/.exec(reason);
  return found ? Number(found[1]) : null;
}

class Attempt {
  isWelcome = false;
  channel = null;
  isOver = false;
  constructor(options, handlers) {
    this.open = options.open;
    this.handlers = handlers;
    this.timers = new Timers(options.env);
    this.timers.set("welcome", options.welcomeMs, () => this.end(LOST, ""));
    this.begin(options.ticket);
  }
  send(frame) {
    this.channel?.send(frame);
  }
  close() {
    this.isOver = true;
    this.timers.dropAll();
    this.channel?.close();
  }
  async begin(source) {
    try {
      const ticket = source === null ? await null : await source();
      if (this.isOver) return;
      const opening = { ticket, wanted: () => this.handlers.wanted() };
      this.channel = this.open(
        {
          onFrame: (frame) => this.hear(frame),
          onEnd: (code, reason) => this.end(code, reason),
        },
        opening,
      );
    } catch (error) {
      this.end(error instanceof NoTicket ? BAD_TICKET : LOST, "");
    }
  }
  hear(frame) {
    if (this.isOver) return;
    if (frame.t !== "welcome") this.handlers.onFrame(frame, this);
    else if (!this.isWelcome) {
      this.isWelcome = true;
      this.timers.dropAll();
      this.handlers.onWelcome(frame, this);
    }
  }
  end(code, reason) {
    if (this.isOver) return;
    this.close();
    this.handlers.onEnd(code, reason, this);
  }
}

const noSignals = { watch: () => () => {}, isOffline: () => false };
function pageSignals(page = globalThis) {
  if (!page.document || !page.addEventListener) return noSignals;
  return {
    isOffline: () => page.navigator.onLine === false,
    watch({ online, offline, shown }) {
      const look = () => page.document.hidden || shown();
      page.addEventListener("online", online);
      page.addEventListener("offline", offline);
      page.document.addEventListener("visibilitychange", look);
      return () => {
        page.removeEventListener("online", online);
        page.removeEventListener("offline", offline);
        page.document.removeEventListener("visibilitychange", look);
      };
    },
  };
}

const WELCOME_MS = 10_000;
const SILENT_PINGS = 2.25;
const SOCKETS_FIRST = 3;
const SOCKET_AGAIN_MS = 120_000;
class Connection {
  closeCodes = [];
  unwatch;
  current = null;
  trial = null;
  failures = 0;
  failedSockets = 0;
  retryMs = null;
  isAsked = false;
  isOver = false;
  silentMs = Infinity;
  heard = { monotonic: 0, wall: 0 };
  constructor(options, handlers) {
    this.options = options;
    this.handlers = handlers;
    this.env = options.env ?? machine;
    this.signals = options.signals ?? pageSignals();
    this.timers = new Timers(this.env);
    this.unwatch = this.signals.watch({
      online: () => this.hurry(),
      offline: () => this.lose(),
      shown: () => {
        this.checkSilence();
        this.hurry();
      },
    });
    this.connect();
  }
  get isOpen() {
    return this.current?.isWelcome ?? false;
  }
  get isOffline() {
    return this.signals.isOffline();
  }
  get isStream() {
    return this.current !== null && this.current.open === this.options.stream;
  }
  send(frame) {
    if (!this.isOpen) return false;
    this.current?.send(frame);
    return true;
  }
  lose() {
    if (this.current === null) return;
    const lost = this.current;
    lost.close();
    this.ended(LOST, "", lost);
  }
  close() {
    this.isOver = true;
    this.unwatch();
    this.timers.dropAll();
    this.current?.close();
    this.trial?.close();
    this.current = this.trial = null;
  }
  connect() {
    const { socket, stream } = this.options;
    this.isAsked = false;
    this.current = this.attempt(stream && this.failedSockets >= SOCKETS_FIRST ? stream : socket);
  }
  attempt(open) {
    const { ticket, session, welcomeMs } = this.options;
    const source = session ? null : (ticket ?? null);
    return new Attempt(
      { open, ticket: source, env: this.env, welcomeMs: welcomeMs ?? WELCOME_MS },
      {
        wanted: () => this.handlers.wanted(),
        onWelcome: (frame, attempt) => this.welcomed(frame, attempt),
        onFrame: (frame, attempt) => this.hear(frame, attempt),
        onEnd: (code, reason, attempt) => this.ended(code, reason, attempt),
      },
    );
  }
  welcomed(frame, attempt) {
    if (attempt === this.trial) {
      this.current?.close();
      this.current = attempt;
      this.trial = null;
    }
    this.failures = 0;
    this.retryMs = null;
    this.silentMs = frame.ping_s * 1000 * SILENT_PINGS;
    if (this.isStream) this.trySocketLater();
    else this.failedSockets = 0;
    this.listen();
    this.checkSilence();
    this.handlers.onWelcome(frame);
  }
  hear(frame, attempt) {
    if (attempt !== this.current) return;
    this.listen();
    if (frame.t === "ping") this.answerPing(attempt);
    else if (frame.t === "drain") this.retryMs = frame.retry_ms;
    this.handlers.onFrame(frame);
  }
  answerPing(attempt) {
    const health = this.options.health?.();
    attempt.send({ t: "pong", ...(health && { health }) });
  }
  ended(code, reason, attempt) {
    if (attempt === this.trial) {
      this.trial = null;
      this.trySocketLater();
      return;
    }
    this.closeCodes.push(code);
    this.countFailure(attempt, code);
    this.current = null;
    this.trial?.close();
    this.trial = null;
    this.timers.dropAll();
    if (isFinal(code)) {
      this.close();
      this.handlers.onEnded(code);
      return;
    }
    this.waitToReturn(retryMsOf(reason) ?? this.retryMs);
    this.handlers.onLost();
  }
  countFailure(attempt, code) {
    this.failures += 1;
    if (attempt.isWelcome || this.isOffline || code >= FIRST_OWN_CODE) return;
    this.failedSockets = attempt.open === this.options.stream ? SOCKETS_FIRST - 1 : this.failedSockets + 1;
  }
  waitToReturn(asked) {
    this.retryMs = null;
    this.isAsked = asked !== null;
    const pause = pauseMs(this.failures, this.env.random(), this.options.patience ?? PATIENCE);
    this.timers.set("return", asked ?? pause, () => this.connect());
  }
  hurry() {
    if (this.isOver || this.current !== null || this.isAsked) return;
    this.timers.drop("return");
    this.connect();
  }
  trySocketLater() {
    this.timers.set("socket", this.options.socketAgainMs ?? SOCKET_AGAIN_MS, () => {
      this.trial = this.attempt(this.options.socket);
    });
  }
  listen() {
    this.heard = { monotonic: this.env.monotonic(), wall: this.env.wall() };
  }
  checkSilence() {
    if (!this.isOpen) return;
    const { heard, env } = this;
    const silent = Math.max(env.monotonic() - heard.monotonic, env.wall() - heard.wall);
    if (silent >= this.silentMs) this.lose();
    else this.timers.set("silence", this.silentMs - silent, () => this.checkSilence());
  }
}

const BEFORE_MS = 60_000;
const AGAIN_MS = 5_000;
class Lease {
  renew;
  lifeMs = 0;
  dueAt = Infinity;
  constructor(env, renew) {
    this.env = env;
    this.timers = new Timers(env);
    this.renew = renew;
  }
  begin(lifeSeconds) {
    this.lifeMs = lifeSeconds * 1000;
    this.wait(Math.max(this.lifeMs - BEFORE_MS, this.lifeMs / 2));
  }
  check() {
    if (this.env.monotonic() < this.dueAt) return;
    this.wait(AGAIN_MS);
    this.renew().then(
      () => this.dueAt < Infinity && this.begin(this.lifeMs / 1000),
      (error) => error instanceof NoTicket && this.end(),
    );
  }
  end() {
    this.dueAt = Infinity;
    this.timers.dropAll();
  }
  wait(ms) {
    this.dueAt = this.env.monotonic() + ms;
    this.timers.set("renew", ms, () => this.check());
  }
}

const AT_ONCE = 32;
const SETTLED_MS = 1_000;
class Line {
  hasLimit;
  waiting = new Map();
  underWay = new Set();
  constructor(env, hasLimit) {
    this.timers = new Timers(env);
    this.hasLimit = hasLimit;
  }
  ask(topic, send) {
    if (this.underWay.has(topic)) return send();
    this.waiting.set(topic, send);
    this.move();
  }
  leave(topic, send) {
    const wasAsked = !this.waiting.delete(topic);
    this.underWay.delete(topic);
    if (wasAsked) this.waiting.set(`unsub ${topic}`, send);
    this.move();
  }
  answered(topic) {
    if (this.underWay.delete(topic)) this.move();
  }
  clear() {
    this.timers.dropAll();
    this.waiting.clear();
    this.underWay.clear();
  }
  move() {
    for (const [name, send] of this.waiting) {
      if (this.hasLimit() && this.underWay.size >= AT_ONCE) return;
      this.waiting.delete(name);
      this.underWay.add(name);
      if (name.startsWith("unsub ")) this.timers.set(name, SETTLED_MS, () => this.answered(name));
      send();
    }
  }
}

const ACK_MS = 500;
const REPEAT_MS = 60_000;
const MOST = 100;
class Receipts {
  send;
  acks = new Map();
  said = { seen: new Map(), act: new Map() };
  ackedAt = -Infinity;
  constructor(env, send) {
    this.env = env;
    this.timers = new Timers(env);
    this.send = send;
  }
  received(topic, seq, isCritical) {
    this.acks.set(topic, seq);
    const wait = isCritical ? 0 : this.ackedAt + ACK_MS - this.env.monotonic();
    if (wait <= 0) this.flush();
    else if (!this.timers.has("ack")) this.timers.set("ack", wait, () => this.flush());
  }
  forget(topic) {
    this.acks.delete(topic);
  }
  say(what, receipts) {
    const now = this.env.monotonic();
    const known = this.said[what];
    for (const [receipt, at] of known) if (at < now - REPEAT_MS) known.delete(receipt);
    const isSent = this.tell(what, receipts);
    for (const receipt of receipts) known.set(receipt, isSent ? now : Infinity);
  }
  repeat() {
    const now = this.env.monotonic();
    for (const what of ["seen", "act"]) {
      const known = this.said[what];
      const due = [...known].filter(([, at]) => at >= now - REPEAT_MS).map(([receipt]) => receipt);
      if (this.tell(what, due)) for (const receipt of due) known.set(receipt, now);
    }
    if (this.acks.size) this.timers.set("ack", ACK_MS, () => this.flush());
  }
  close() {
    this.timers.dropAll();
  }
  flush() {
    this.timers.drop("ack");
    for (const [topic, seq] of this.acks) {
      if (!this.send({ t: "ack", topic, seq })) return;
      this.acks.delete(topic);
    }
    this.ackedAt = this.env.monotonic();
  }
  tell(what, receipts) {
    let isSent = true;
    for (let at = 0; at < receipts.length && isSent; at += MOST) {
      isSent = this.send({ t: what, r: receipts.slice(at, at + MOST) });
    }
    return isSent;
  }
}

const MINUTE_MS = 60_000;
const KEPT_MS = { merchant: 30 * MINUTE_MS, courier: 0, user: 0 };
class Store {
  rows = new Map();
  constructor(kind) {
    this.kept = KEPT_MS[kind];
  }
  replace(rows) {
    this.rows = new Map(rows.map((row) => [row.key, row]));
  }
  apply({ key, ver, d }) {
    const known = this.rows.get(key);
    if (known && known.ver >= ver) return false;
    this.rows.set(key, { key, ver, d });
    return true;
  }
  visible(now) {
    const { kept } = this;
    const all = [...this.rows.values()];
    return kept === undefined ? all : all.filter(({ d }) => isShown(d, now, kept));
  }
}
function isShown(d, now, kept) {
  if (d["open"]) return true;
  return Boolean(d["ended_at"]) && now - Date.parse(d["ended_at"]) < kept;
}

class Topic {
  phase = "asking";
  replayed = 0;
  askedId = -1;
  head = null;
  parts = [];
  lastGap = null;
  constructor(name, since = null) {
    this.name = name;
    this.position = since;
    const kind = name.split(":")[0];
    this.store = new Store(kind);
    this.isSequenced = kind !== "zone";
  }
  wait() {
    this.phase = "asking";
    this.askedId = -1;
    this.parts = [];
  }
  ask(id) {
    this.wait();
    this.askedId = id;
    return this.question(id);
  }
  question(id) {
    const since = this.isSequenced && this.position ? { since: this.position } : {};
    return { t: "sub", id, topic: this.name, ...since };
  }
  answer(frame) {
    if (frame.id !== this.askedId) return false;
    this.head = { epoch: frame.epoch, seq: frame.seq };
    this.parts = [];
    this.replayed = frame.recovered ? frame.count : 0;
    if (!this.isSequenced) this.phase = "live";
    else if (!frame.recovered) this.phase = "loading";
    else {
      this.phase = "replaying";
      this.settle();
    }
    return true;
  }
  load(frame) {
    if (!this.isSequenced) return this.swap(frame, frame.rows);
    const isOurs = frame.epoch === this.head?.epoch && frame.seq === this.head.seq;
    if (this.phase !== "loading" || !isOurs) return false;
    if (frame.part !== this.parts.length + 1) return false;
    this.parts.push(frame);
    if (!frame.last) return false;
    return this.swap(frame, this.parts.flatMap((part) => part.rows));
  }
  take(event) {
    const { position } = this;
    if (position === null || this.phase === "asking" || this.phase === "loading") return "early";
    if (event.seq <= position.seq) return "repeated";
    if (event.p !== position.seq) return this.gap(position.seq);
    this.position = { epoch: position.epoch, seq: event.seq };
    this.store.apply(event);
    this.settle();
    return "applied";
  }
  gap(seq) {
    if (this.lastGap === seq) this.position = null;
    this.lastGap = seq;
    return "gap";
  }
  settle() {
    const { position, head } = this;
    if (this.phase === "replaying" && position && head && position.seq >= head.seq) {
      this.phase = "live";
    }
  }
  swap({ epoch, seq }, rows) {
    this.store.replace(rows);
    this.position = { epoch, seq };
    this.parts = [];
    this.lastGap = null;
    this.phase = "live";
    return true;
  }
}

const SYNC_MS = 10_000;
const COMMAND_MS = 30_000;
class Hub {
  joined = new Map();
  lastId = 0;
  wasLive = false;
  isGuest = false;
  catchesUp = true;
  end = null;
  constructor(options) {
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
  get ready() {
    return this.connection.isOpen;
  }
  get freshness() {
    return this.mark.value;
  }
  get transport() {
    return this.connection.isStream ? "stream" : "socket";
  }
  get closeCodes() {
    return this.connection.closeCodes;
  }
  now() {
    return this.clock.now();
  }
  pace(speed, serverTime) {
    this.clock.pace(speed, serverTime);
  }
  join(name, handlers = {}, since = null) {
    const topic = new Topic(name, since);
    this.joined.set(name, { topic, handlers });
    if (this.ready) this.ask(topic);
    return topic;
  }
  leave(name) {
    if (!this.joined.delete(name)) return;
    this.timers.drop(`sync ${name}`);
    this.receipts.forget(name);
    if (this.ready) this.line.leave(name, () => this.connection.send({ t: "unsub", topic: name }));
    this.settle();
  }
  rows(name) {
    return this.joined.get(name)?.topic.store.visible(this.now()) ?? [];
  }
  command(
    name,
    args = {},
    { ver, key, timeoutMs } = {},
  ) {
    if (this.end) return Promise.reject(this.end);
    const head = { t: "cmd", id: ++this.lastId, name, args };
    const frame = { ...head, key: key ?? this.env.key(), ...(ver !== undefined && { ver }) };
    return this.commands.give(frame, timeoutMs ?? this.options.commandMs ?? COMMAND_MS);
  }
  seen(receipts) {
    this.receipts.say("seen", receipts);
  }
  act(receipts) {
    this.receipts.say("act", receipts);
  }
  position(latitude, longitude, accuracy, at) {
    const acc = accuracy === undefined ? {} : { acc: accuracy };
    this.connection.send({ t: "pos", lat: latitude, lng: longitude, ...acc, at });
  }
  tick() {
    for (const each of this.joined.values()) this.changed(each, "tick");
  }
  close() {
    this.connection.close();
    this.stop(null);
  }
  get env() {
    return this.options.env ?? machine;
  }
  stop(code) {
    this.end ??= new Ended(code);
    this.commands.end(code);
    this.receipts.close();
    this.lease.end();
    this.line.clear();
    this.mark.close();
    this.timers.dropAll();
  }
  wanted() {
    return [...this.joined.values()].map(({ topic }) => topic.question(0));
  }
  welcomed(frame) {
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
  lost() {
    this.lease.end();
    this.line.clear();
    this.timers.dropAll();
    this.catchesUp = true;
    const { isOffline, closeCodes } = this.connection;
    const before = this.wasLive || closeCodes.length > 0 ? "reconnecting" : "connecting";
    this.mark.set(isOffline ? "offline" : before);
  }
  ended(code) {
    this.mark.set("refused", { code });
    this.stop(code);
  }
  async renew() {
    const ticket = await this.options.ticket?.();
    if (ticket !== undefined) this.connection.send({ t: "refresh", ticket });
  }
  ask(topic) {
    this.timers.drop(`again ${topic.name}`);
    topic.wait();
    this.line.ask(topic.name, () => {
      this.connection.send(topic.ask(++this.lastId));
      this.watch(topic);
    });
  }
  watch(topic) {
    const name = `sync ${topic.name}`;
    if (topic.phase === "live") this.timers.drop(name);
    else this.timers.set(name, this.options.syncMs ?? SYNC_MS, () => this.ask(topic));
  }
  receive(frame) {
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
  subscribed(frame) {
    const each = this.joined.get(frame.topic);
    if (!each?.topic.answer(frame)) return;
    this.line.answered(frame.topic);
    if (frame.recovered) this.changed(each, "recovered");
    this.moved(each.topic);
  }
  load(frame) {
    const each = this.joined.get(frame.topic);
    if (!each) return;
    if (each.topic.load(frame)) this.changed(each, "snapshot");
    this.moved(each.topic);
  }
  take(events) {
    const changed = new Set();
    for (const event of events) {
      const each = this.joined.get(event.topic);
      if (each && this.apply(each, event)) changed.add(each);
    }
    for (const each of changed) this.changed(each, "event");
  }
  apply({ topic, handlers }, event) {
    const replayed = topic.phase === "replaying";
    const outcome = topic.take(event);
    if (outcome === "gap") this.ask(topic);
    if (outcome !== "applied") return false;
    if (!this.isGuest) this.receipts.received(topic.name, event.seq, event.crit !== undefined);
    handlers.onEvent?.(event, { replayed });
    if (replayed) this.moved(topic);
    return true;
  }
  moved(topic) {
    if (this.joined.get(topic.name)?.topic !== topic) return;
    this.watch(topic);
    this.settle();
  }
  changed({ topic, handlers }, cause) {
    handlers.onRows?.(topic.store.visible(this.now()), cause);
  }
  settle() {
    if (!this.ready || !this.catchesUp) return;
    const topics = [...this.joined.values()].map(({ topic }) => topic);
    if (topics.some((topic) => topic.phase !== "live")) return;
    const count = topics.reduce((sum, topic) => sum + topic.replayed, 0);
    this.catchesUp = false;
    this.wasLive = true;
    this.mark.set(count ? "replayed" : "live", { count });
  }
  refused(frame) {
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

const VERSION = "1";
function cursorOf(questions) {
  const parts = questions.flatMap(({ topic, since }) => (since ? [`${codeOf(topic)}.${since.seq}.${since.epoch}`] : []));
  return parts.length > 0 ? [VERSION, ...parts].join("~") : null;
}
function codeOf(topic) {
  const [kind, id] = topic.split(":");
  const bytes = id.replaceAll("-", "").match(/../g) ?? [];
  const text = btoa(String.fromCharCode(...bytes.map((byte) => Number.parseInt(byte, 16))));
  return kind[0] + text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const PATHS = {
  "campaign.draft": "/campaigns",
  "campaign.start": "/campaigns/{campaign_id}/start",
  "campaign.stop": "/campaigns/{campaign_id}/stop",
  "consent.give": "/me/consents",
  "consent.withdraw": "/me/consents/withdraw",
  "courier.go_offline": "/couriers/me/go-offline",
  "courier.go_online": "/couriers/me/go-online",
  "courier.report_position": "/couriers/me/report-position",
  "courier.report_positions": "/couriers/me/report-positions",
  "courier.set_auto_accept": "/couriers/me/auto-accept",
  "delivery.replay": "/notifications/deliveries/{delivery_id}/replay",
  "delivery.replay_all": "/notifications/replays",
  "device.forget": "/me/devices/forget",
  "digest.set": "/me/digest",
  "item.restore": "/items/{item_id}/restore",
  "item.set_stock": "/items/{item_id}/set-stock",
  "item.sold_out": "/items/{item_id}/sold-out",
  "ladder.configure": "/ladders/configure",
  "ladder.preview": "/ladders/preview",
  "ladder.reset": "/ladders/reset",
  "ladder.revert": "/ladders/revert",
  "leg.arrive_dropoff": "/legs/{leg_id}/arrive-dropoff",
  "leg.arrive_pickup": "/legs/{leg_id}/arrive-pickup",
  "leg.assign": "/legs/{leg_id}/assign",
  "leg.deliver": "/legs/{leg_id}/deliver",
  "leg.exclude": "/legs/{leg_id}/exclude",
  "leg.fail": "/legs/{leg_id}/fail",
  "leg.finish_return": "/legs/{leg_id}/finish-return",
  "leg.give_back": "/legs/{leg_id}/give-back",
  "leg.pick_up": "/legs/{leg_id}/pick-up",
  "leg.pin": "/legs/{leg_id}/pin",
  "leg.reattempt": "/legs/{leg_id}/reattempt",
  "leg.self_deliver": "/legs/{leg_id}/self-deliver",
  "leg.start_return": "/legs/{leg_id}/start-return",
  "leg.unpin": "/legs/{leg_id}/unpin",
  "leg.wait": "/legs/{leg_id}/wait",
  "merchant.close": "/merchants/{merchant_id}/close",
  "merchant.end_busy": "/merchants/{merchant_id}/end-busy",
  "merchant.need_board": "/merchants/{merchant_id}/need-board",
  "merchant.open": "/merchants/{merchant_id}/open",
  "merchant.pause": "/merchants/{merchant_id}/pause",
  "merchant.resume": "/merchants/{merchant_id}/resume",
  "merchant.set_busy": "/merchants/{merchant_id}/set-busy",
  "notice.act": "/notices/{notice_id}/act",
  "notice.seen": "/notices/{notice_id}/seen",
  "offer.accept": "/offers/{offer_id}/accept",
  "offer.decline": "/offers/{offer_id}/decline",
  "order.accept": "/orders/{order_id}/accept",
  "order.adjust": "/orders/{order_id}/adjust",
  "order.answer_adjustment": "/orders/{order_id}/answer-adjustment",
  "order.answer_cancellation": "/orders/{order_id}/answer-cancellation",
  "order.answer_pickup": "/orders/{order_id}/answer-pickup",
  "order.cancel": "/orders/{order_id}/cancel",
  "order.complete": "/orders/{order_id}/complete",
  "order.convert_to_pickup": "/orders/{order_id}/convert-to-pickup",
  "order.delay": "/orders/{order_id}/delay",
  "order.hand_over": "/orders/{order_id}/hand-over",
  "order.hold": "/orders/{order_id}/hold",
  "order.nudge": "/orders/{order_id}/nudge",
  "order.place": "/orders",
  "order.print_ticket": "/orders/{order_id}/tickets",
  "order.propose_adjustment": "/orders/{order_id}/propose-adjustment",
  "order.propose_pickup": "/orders/{order_id}/propose-pickup",
  "order.quote": "/quotes",
  "order.ready": "/orders/{order_id}/ready",
  "order.reject": "/orders/{order_id}/reject",
  "order.release": "/orders/{order_id}/release",
  "order.reply_nudge": "/orders/{order_id}/reply-nudge",
  "order.request_cancellation": "/orders/{order_id}/request-cancellation",
  "order.start": "/orders/{order_id}/start",
  "order.stop": "/orders/{order_id}/stop",
  "person.appoint_courier": "/people/{person_id}/appoint-courier",
  "person.deactivate": "/people/{person_id}/deactivate",
  "person.dismiss_courier": "/people/{person_id}/dismiss-courier",
  "preferences.set": "/me/preferences",
  "push.register": "/push/devices",
  "push.remove": "/push/devices/remove",
  "push.subscribe": "/push/subscriptions",
  "push.try": "/me/devices/try",
  "push.unsubscribe": "/push/subscriptions/remove",
  "quiet_hours.set": "/me/quiet-hours",
  "staff.dismiss": "/merchants/{merchant_id}/staff/dismiss",
  "staff.invite": "/merchants/{merchant_id}/staff/invite",
  "webhook.acknowledge": "/webhooks/{webhook_id}/acknowledge",
  "webhook.change": "/webhooks/{webhook_id}/change",
  "webhook.disable": "/webhooks/{webhook_id}/disable",
  "webhook.enable": "/webhooks/{webhook_id}/enable",
  "webhook.pull": "/webhooks/{webhook_id}/pull",
  "webhook.register": "/merchants/{merchant_id}/webhooks",
  "webhook.remove": "/webhooks/{webhook_id}/remove",
  "webhook.replay": "/webhooks/{webhook_id}/replay",
  "webhook.replay_since": "/webhooks/{webhook_id}/replay-since",
  "webhook.rotate_secret": "/webhooks/{webhook_id}/rotate-secret",
  "webhook.test": "/webhooks/{webhook_id}/test",
  "wechat.grant": "/me/wechat-grants",
  "wechat.unlink": "/me/wechat/unlink",
  "zone.configure": "/zones/{zone_id}/configure",
  "zone.set_proof_policy": "/zones/{zone_id}/proof-policy",
};

class EventStreamParser {
  rest = "";
  feed(text) {
    const blocks = (this.rest + text).replaceAll("\r\n", "\n").split("\n\n");
    this.rest = blocks.pop();
    return blocks.map(dataOf).filter((data) => data !== "");
  }
}
function dataOf(block) {
  const lines = block.split("\n").map((line) => /^data: ?(.*)$/.exec(line)?.[1]);
  return lines.filter((line) => line !== undefined).join("\n");
}

const DAY_S = 86_400;
function eventStream(options) {
  return (events, opening) => new StreamChannel(options, events, opening);
}
class StreamChannel {
  asked = new Map();
  conn = "";
  reading = null;
  requests = new AbortController();
  isOver = false;
  isGreeted = false;
  isStale = false;
  constructor(options, events, opening) {
    this.options = options;
    this.events = events;
    this.opening = opening;
    this.reopen();
  }
  send(frame) {
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
  close() {
    this.isOver = true;
    this.reading?.abort();
    this.requests.abort();
  }
  subscribe(frame) {
    const asked = this.asked.get(frame.topic);
    if (asked && !asked.isAnswered) {
      asked.id = frame.id;
      return;
    }
    this.asked.set(frame.topic, { id: frame.id, isAnswered: false });
    this.reopen();
  }
  reopen() {
    if (this.isStale) return;
    this.isStale = true;
    queueMicrotask(() => {
      if (!this.isOver) this.open().catch(() => this.end(LOST));
    });
  }
  async open() {
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
      for (const data of parser.feed(value ?? "")) if (!this.isStale) this.forward(JSON.parse(data), topics);
    }
  }
  greet() {
    const name = { conn: "", user: "", server_time: new Date().toISOString() };
    this.forward({ t: "welcome", ...name, lease_s: DAY_S, ping_s: DAY_S }, []);
  }
  path(topics) {
    const query = new URLSearchParams(topics.map((topic) => ["topic", topic]));
    if (this.opening.ticket !== null) query.set("ticket", this.opening.ticket);
    return `/api/v1/stream?${query}`;
  }
  forward(frame, topics) {
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
  async refused(response) {
    const status = response?.status ?? 0;
    const problem = (await response?.json().catch(() => null)) ?? null;
    if (this.isOver) return;
    if (status === 404 && this.asked.delete(problem?.["topic"])) {
      const { code, topic } = problem;
      this.reopen();
      return this.events.onFrame({ t: "err", code, retry: false, d: { topic } });
    }
    const seconds = Number(response?.headers.get("Retry-After"));
    if (status === 401 || status === 403) this.end(this.isGreeted ? LOST : BAD_TICKET);
    else if (seconds > 0) this.end(OVERLOAD, `retry_ms=${seconds * 1000}`);
    else this.end(LOST);
  }
  end(code, reason = "") {
    if (this.isOver) return;
    this.close();
    this.events.onEnd(code, reason);
  }
  fetch(path, init) {
    const { base, headers, fetch: ask } = this.options;
    const all = { ...headers?.(), ...(init.headers) };
    return (ask ?? globalThis.fetch)(base + path, { cache: "no-store", ...init, headers: all });
  }
  post(path, body, headers = {}) {
    return this.fetch(`/api/v1${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal: this.requests.signal,
    });
  }
  tell(receipts) {
    this.post("/stream/receipts", receipts).catch(() => {});
  }
  report(health) {
    if (health && this.conn !== "") this.post("/stream/health", { conn: this.conn, ...health }).catch(() => {});
  }
  async command({ id, name, args, key, ver }) {
    const path = PATHS[name];
    const fail = (code, retry, d) =>
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
    const response = await this.post(filled, body, { ...once, ...version }).catch(() => null);
    const answer = (await response?.json().catch(() => null)) ?? null;
    if (this.isOver || !response || answer === null || id < 0) return;
    if (response.ok) this.events.onFrame({ t: "ok", id, d: answer });
    else fail(answer["code"] ?? "internal", answer["retryable"] ?? response.status >= 500, answer);
  }
}
function accept(questions) {
  const cursor = cursorOf(questions);
  return { Accept: "text/event-stream", ...(cursor !== null && { "Last-Event-ID": cursor }) };
}

const IN_VAIN = [401, 403, 404, 410];
function httpTicket({ base, headers, share, fetch: ask }) {
  return async () => {
    const body = share === undefined ? {} : { body: JSON.stringify({ share }) };
    const response = await (ask ?? globalThis.fetch)(`${base}/api/v1/realtime/ticket`, {
      method: "POST",
      headers: { ...headers?.(), ...(share !== undefined && { "Content-Type": "application/json" }) },
      ...body,
    });
    if (IN_VAIN.includes(response.status)) throw new NoTicket();
    if (!response.ok) throw new Error(`no ticket: ${response.status}`);
    return ((await response.json()))["ticket"];
  };
}

const SUBPROTOCOL = "paidan.v1";
function webSocket(url, Socket = globalThis.WebSocket) {
  return overWire(({ opened, heard, closed }) => {
    const socket = new Socket(url, [SUBPROTOCOL]);
    socket.onopen = opened;
    socket.onmessage = (message) => heard(message.data);
    socket.onclose = (event) => closed(event.code, event.reason);
    socket.onerror = () => {};
    return { send: (text) => socket.send(text), close: () => socket.close() };
  });
}
function taskSocket(url, api) {
  return overWire(({ opened, heard, closed }) => {
    const task = api.connectSocket({ url, protocols: [SUBPROTOCOL], complete() {} });
    task.onOpen(opened);
    task.onMessage(({ data }) => heard(data));
    task.onClose(({ code, reason }) => closed(code, reason));
    task.onError(() => closed(LOST, ""));
    return {
      send: (data) => task.send({ data, fail: () => closed(LOST, "") }),
      close: () => task.close({ code: 1000 }),
    };
  });
}
function overWire(open) {
  return (events, { ticket }) => new SocketChannel(open, events, ticket);
}
class SocketChannel {
  isOver = false;
  constructor(open, events, ticket) {
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
  send(frame) {
    if (!this.isOver) this.wire.send(JSON.stringify(frame));
  }
  close() {
    if (this.isOver) return;
    this.isOver = true;
    this.wire.close();
  }
  hear(text) {
    if (this.isOver) return;
    let frame;
    try {
      frame = JSON.parse(String(text));
    } catch {
      this.close();
      this.events.onEnd(LOST, "");
      return;
    }
    this.events.onFrame(frame);
  }
  end(code, reason) {
    if (this.isOver) return;
    this.isOver = true;
    this.events.onEnd(code, reason);
  }
}

function pageHub({ csrf, ...options } = {}) {
  const headers = () => ({ "X-CSRFToken": csrf?.() ?? "" });
  const url = globalThis.location.origin.replace(/^http/, "ws");
  const who = options.session === false ? "?auth=ticket" : "";
  return new Hub({
    socket: webSocket(`${url}/ws/v1${who}`),
    stream: eventStream({ base: "", headers }),
    ticket: httpTicket({ base: "", headers }),
    session: true,
    ...options,
  });
}

export { Ended, HubError, NoTicket, Refused, TimedOut, Hub, eventStream, httpTicket, pageHub, taskSocket, webSocket };
