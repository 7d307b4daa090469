// One socket to the hub: reconnects, resumes every topic, applies by version, sends receipts.
//
// `new Hub({onStatus})` then `hub.join("merchant:<id>", {onRows, onEvent, onPosition})`. The page
// keeps nothing of its own: `onRows` hands over the topic's whole current view after each change.
// A page of the same origin is known by its session cookie; the first frame is the server's.

const RECONNECT_MIN_MS = 500;
const RECONNECT_MAX_MS = 20_000;
const ACK_EVERY_MS = 500;
const SILENCE_MS = 45_000; // two missed pings and a bit
const ENDED_KEPT_MS = { merchant: 30 * 60_000, courier: 0, user: 0 };
const FINAL_CODES = new Set([4500, 4501, 4503, 4504, 4505]);

class Topic {
  constructor(name, handlers) {
    this.name = name;
    this.kind = name.split(":")[0];
    this.handlers = handlers;
    this.rows = new Map(); // key -> {key, ver, d}
    this.epoch = null;
    this.seq = null;
    this.expected = 0; // replayed events still to come
    this.parts = [];
    this.subscription = null; // id of the `sub` that was not answered yet
  }

  get since() {
    return this.epoch === null ? undefined : { epoch: this.epoch, seq: this.seq };
  }

  replace(rows) {
    this.rows = new Map(rows.map((row) => [row.key, row]));
  }

  apply(event) {
    const known = this.rows.get(event.key);
    if (!known || event.ver > known.ver) {
      this.rows.set(event.key, { key: event.key, ver: event.ver, d: event.d });
    }
  }

  // Rows that left the live view disappear after the time their topic keeps them.
  visible(nowMs) {
    const kept = ENDED_KEPT_MS[this.kind];
    const rows = [...this.rows.values()];
    if (kept === undefined) return rows;
    return rows.filter(
      (row) => row.d.open || (row.d.ended_at && nowMs - Date.parse(row.d.ended_at) < kept),
    );
  }
}

export class HubError extends Error {
  constructor(frame) {
    super(frame.d?.detail ?? frame.code);
    this.code = frame.code;
    this.retry = frame.retry;
    this.d = frame.d ?? {};
  }
}

export class Hub {
  constructor({ url, onStatus = () => {} } = {}) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.url = url ?? `${scheme}://${location.host}/ws/v1`;
    this.onStatus = onStatus;
    this.topics = new Map();
    this.answers = new Map(); // frame id -> {resolve, reject}
    this.nextId = 1;
    this.attempt = 0;
    this.retryMs = null;
    this.clockOffsetMs = 0;
    this.clockSpeed = 1;
    this.ackTimer = null;
    this.unacked = new Map();
    this.replayed = 0;
    addEventListener("online", () => this.reconnectNow());
    addEventListener("offline", () => this.lose());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.checkSilence();
      this.reconnectNow();
    });
    setInterval(() => this.checkSilence(), 5_000);
    this.connect();
  }

  // Business time as the server sees it, in milliseconds since 1970.
  now() {
    return this.serverAt === undefined
      ? Date.now()
      : this.serverAt + (performance.now() - this.welcomedAt) * this.clockSpeed;
  }

  join(name, handlers) {
    const topic = new Topic(name, handlers);
    this.topics.set(name, topic);
    if (this.ready) this.subscribe(topic);
    return topic;
  }

  leave(name) {
    if (this.topics.delete(name) && this.ready) this.send({ t: "unsub", topic: name });
  }

  // Resolves with the command's answer; rejects with HubError. A lost connection keeps the same
  // idempotency key for the repeat, so the command is carried out once.
  command(name, args, { ver, key = crypto.randomUUID() } = {}) {
    const id = this.nextId++;
    const frame = { t: "cmd", id, name, args, key, ...(ver === undefined ? {} : { ver }) };
    return new Promise((resolve, reject) => {
      this.answers.set(id, { resolve, reject, frame });
      if (this.ready) this.send(frame);
    });
  }

  seen(receipts) {
    if (receipts.length && this.ready) this.send({ t: "seen", r: receipts });
  }

  act(receipts) {
    if (receipts.length && this.ready) this.send({ t: "act", r: receipts });
  }

  position(latitude, longitude, accuracy, at) {
    if (this.ready) this.send({ t: "pos", lat: latitude, lng: longitude, acc: accuracy, at });
  }

  connect() {
    this.ready = false;
    this.onStatus(this.attempt === 0 ? "connecting" : "reconnecting");
    const socket = new WebSocket(this.url, ["paidan.v1"]);
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onmessage = (message) => {
      if (socket === this.socket) this.receive(JSON.parse(message.data));
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.closed(event.code);
    };
  }

  closed(code) {
    this.ready = false;
    if (FINAL_CODES.has(code)) {
      this.onStatus("refused", code);
      return;
    }
    const ceiling = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** this.attempt);
    const wait = this.retryMs ?? RECONNECT_MIN_MS + Math.random() * ceiling;
    this.retryMs = null;
    this.attempt += 1;
    this.onStatus("reconnecting");
    clearTimeout(this.leaseTimer);
    clearTimeout(this.reconnectTimer);
    this.reconnectTimer = setTimeout(() => this.connect(), wait);
  }

  reconnectNow() {
    if (this.ready || this.socket?.readyState === WebSocket.CONNECTING) return;
    clearTimeout(this.reconnectTimer);
    this.connect();
  }

  // A sleeping laptop or a dead network shows no close: silence does.
  checkSilence() {
    if (this.ready && performance.now() - this.heardAt > SILENCE_MS) this.lose();
  }

  // Give up a socket that cannot be heard any more; its own close may come much later.
  lose() {
    const dead = this.socket;
    if (dead === null) return;
    this.socket = null;
    dead.close();
    this.closed(1006);
  }

  send(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  subscribe(topic) {
    const id = this.nextId++;
    topic.subscription = id;
    this.send({ t: "sub", id, topic: topic.name, ...(topic.since && { since: topic.since }) });
  }

  receive(frame) {
    this.heardAt = performance.now();
    switch (frame.t) {
      case "ping":
        return this.send({ t: "pong" });
      case "welcome":
        return this.welcomed(frame);
      case "subd":
        return this.subscribed(frame);
      case "snap":
        return this.snapshot(frame);
      case "ev":
        return this.event(frame);
      case "evs":
        return frame.evs.forEach((event) => this.event(event));
      case "pos":
        return this.topics.get(frame.topic)?.handlers.onPosition?.(frame);
      case "ok":
      case "err":
        return this.answered(frame);
      case "drain":
        this.retryMs = frame.retry_ms;
    }
  }

  welcomed(frame) {
    this.ready = true;
    this.attempt = 0;
    this.replayed = 0;
    this.serverAt = Date.parse(frame.server_time);
    this.clockSpeed = Number(document.documentElement.dataset.clockSpeed ?? 1);
    this.welcomedAt = performance.now();
    this.onStatus("live");
    for (const topic of this.topics.values()) this.subscribe(topic);
    for (const { frame: command } of this.answers.values()) this.send(command);
    clearTimeout(this.leaseTimer);
    this.leaseTimer = setTimeout(() => this.renew(), Math.max(1, frame.lease_s - 60) * 1000);
  }

  async renew() {
    const response = await fetch("/api/v1/realtime/ticket", {
      method: "POST",
      headers: { "X-CSRFToken": document.documentElement.dataset.csrf ?? "" },
    });
    if (!response.ok || !this.ready) return;
    this.send({ t: "refresh", ticket: (await response.json()).ticket });
    clearTimeout(this.leaseTimer);
    this.leaseTimer = setTimeout(() => this.renew(), 840_000);
  }

  subscribed(frame) {
    const topic = this.topics.get(frame.topic);
    if (topic?.subscription !== frame.id) return;
    topic.subscription = null;
    topic.expected = frame.recovered ? frame.count : 0;
    if (frame.recovered) {
      this.replayed += frame.count;
      if (frame.count) this.onStatus("live", undefined, this.replayed);
      this.changed(topic, "recovered");
    } else {
      topic.epoch = topic.seq = null; // what is known counts again once the snapshot is whole
    }
  }

  snapshot(frame) {
    const topic = this.topics.get(frame.topic);
    if (!topic) return;
    if (frame.part === 1) topic.parts = [];
    topic.parts.push(...frame.rows);
    if (!frame.last) return;
    topic.epoch = frame.epoch;
    topic.seq = frame.seq;
    topic.replace(topic.parts);
    topic.parts = [];
    this.changed(topic, "snapshot");
  }

  event(frame) {
    const topic = this.topics.get(frame.topic);
    if (!topic || topic.seq === null) return;
    if (frame.seq <= topic.seq || topic.subscription !== null) return;
    if (frame.p !== topic.seq) {
      this.subscribe(topic); // something is missing: ask again from where we are
      return;
    }
    topic.seq = frame.seq;
    topic.apply(frame);
    const replayed = topic.expected > 0;
    if (replayed) topic.expected -= 1;
    this.acknowledge(frame);
    topic.handlers.onEvent?.(frame, { replayed });
    this.changed(topic, "event");
  }

  changed(topic, cause) {
    topic.handlers.onRows?.(topic.visible(this.now()), cause);
  }

  // Repaint after time alone has passed: ended rows leave the view.
  tick() {
    for (const topic of this.topics.values()) this.changed(topic, "tick");
  }

  acknowledge(frame) {
    this.unacked.set(frame.topic, frame.seq);
    if (frame.crit) return this.flushAcks();
    this.ackTimer ??= setTimeout(() => this.flushAcks(), ACK_EVERY_MS);
  }

  flushAcks() {
    clearTimeout(this.ackTimer);
    this.ackTimer = null;
    if (!this.ready) return;
    for (const [topic, seq] of this.unacked) this.send({ t: "ack", topic, seq });
    this.unacked.clear();
  }

  answered(frame) {
    const waiting = this.answers.get(frame.id);
    if (!waiting) return this.refused(frame);
    this.answers.delete(frame.id);
    if (frame.t === "ok") waiting.resolve(frame.d);
    else waiting.reject(new HubError(frame));
  }

  // A topic that is not ours, or no longer.
  refused(frame) {
    if (frame.t !== "err") return;
    for (const topic of this.topics.values()) {
      const isIt = frame.d?.topic === topic.name;
      if (!isIt && (frame.id === undefined || topic.subscription !== frame.id)) continue;
      if (frame.retry) setTimeout(() => this.ready && this.subscribe(topic), 2_000);
      else topic.handlers.onRefused?.(frame.code);
    }
  }
}
