// Keeps one connection to the hub: comes back after each loss, over a stream where sockets fail.

import type { TicketSource } from "./attempt.ts";
import { Attempt } from "./attempt.ts";
import { PATIENCE, pauseMs } from "./backoff.ts";
import type { Patience } from "./backoff.ts";
import type { Opener } from "./channel.ts";
import { FIRST_OWN_CODE, LOST, isFinal, retryMsOf } from "./codes.ts";
import type { Environment } from "./environment.ts";
import { Timers, machine } from "./environment.ts";
import type { ClientFrame, Health, ServerFrame, Sub, Welcome } from "./frames.ts";
import type { Signals } from "./signals.ts";
import { pageSignals } from "./signals.ts";

const WELCOME_MS = 10_000;
const SILENT_PINGS = 2.25;
const SOCKETS_FIRST = 3; // sockets that fail before their welcome until a stream is tried
const SOCKET_AGAIN_MS = 120_000;

export interface ConnectionOptions {
  socket: Opener;
  stream?: Opener; // the way round proxies that break sockets
  ticket?: TicketSource;
  session?: boolean; // a session cookie speaks for the person: no ticket to connect
  health?: () => Health | undefined;
  env?: Environment;
  signals?: Signals;
  patience?: Patience;
  welcomeMs?: number;
  socketAgainMs?: number;
}

export interface ConnectionHandlers {
  wanted(): Sub[];
  onWelcome(frame: Welcome): void;
  onFrame(frame: ServerFrame): void;
  onLost(): void; // or could not be had; it is tried again
  onEnded(code: number): void; // for good
}

export class Connection {
  readonly closeCodes: number[] = []; // how the connections so far ended, newest last
  private readonly options: ConnectionOptions;
  private readonly handlers: ConnectionHandlers;
  private readonly env: Environment;
  private readonly signals: Signals;
  private readonly timers: Timers;
  private readonly unwatch: () => void;
  private current: Attempt | null = null;
  private trial: Attempt | null = null; // a socket tried beside a stream that works
  private failures = 0;
  private failedSockets = 0;
  private retryMs: number | null = null;
  private isAsked = false; // to wait: by the server
  private isOver = false;
  private silentMs = Infinity;
  private heard = { monotonic: 0, wall: 0 };

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
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

  get isOpen(): boolean {
    return this.current?.isWelcome ?? false;
  }

  get isOffline(): boolean {
    return this.signals.isOffline();
  }

  // Whether frames travel over the stream, as sockets fail.
  get isStream(): boolean {
    return this.current !== null && this.current.open === this.options.stream;
  }

  // Whether there was a connection to send over.
  send(frame: ClientFrame): boolean {
    if (!this.isOpen) return false;
    this.current?.send(frame);
    return true;
  }

  // Give up a connection that cannot be heard any more; its own end may come much later.
  lose(): void {
    if (this.current === null) return;
    const lost = this.current;
    lost.close();
    this.ended(LOST, "", lost);
  }

  close(): void {
    this.isOver = true;
    this.unwatch();
    this.timers.dropAll();
    this.current?.close();
    this.trial?.close();
    this.current = this.trial = null;
  }

  private connect(): void {
    const { socket, stream } = this.options;
    this.isAsked = false;
    this.current = this.attempt(stream && this.failedSockets >= SOCKETS_FIRST ? stream : socket);
  }

  private attempt(open: Opener): Attempt {
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

  private welcomed(frame: Welcome, attempt: Attempt): void {
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

  private hear(frame: ServerFrame, attempt: Attempt): void {
    if (attempt !== this.current) return;
    this.listen();
    if (frame.t === "ping") this.answerPing(attempt);
    else if (frame.t === "drain") this.retryMs = frame.retry_ms;
    this.handlers.onFrame(frame);
  }

  // At once and not from a timer: pages in the background are late with theirs.
  private answerPing(attempt: Attempt): void {
    const health = this.options.health?.();
    attempt.send({ t: "pong", ...(health && { health }) });
  }

  private ended(code: number, reason: string, attempt: Attempt): void {
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

  private countFailure(attempt: Attempt, code: number): void {
    this.failures += 1;
    // A code of the protocol's own shows that sockets reach the server.
    if (attempt.isWelcome || this.isOffline || code >= FIRST_OWN_CODE) return;
    // After a stream that failed as well, the next turn is a socket's.
    this.failedSockets = attempt.open === this.options.stream ? SOCKETS_FIRST - 1 : this.failedSockets + 1;
  }

  private waitToReturn(asked: number | null): void {
    this.retryMs = null;
    this.isAsked = asked !== null;
    const pause = pauseMs(this.failures, this.env.random(), this.options.patience ?? PATIENCE);
    this.timers.set("return", asked ?? pause, () => this.connect());
  }

  // Come back now, unless the server asked for patience.
  private hurry(): void {
    if (this.isOver || this.current !== null || this.isAsked) return;
    this.timers.drop("return");
    this.connect();
  }

  private trySocketLater(): void {
    this.timers.set("socket", this.options.socketAgainMs ?? SOCKET_AGAIN_MS, () => {
      this.trial = this.attempt(this.options.socket);
    });
  }

  private listen(): void {
    this.heard = { monotonic: this.env.monotonic(), wall: this.env.wall() };
  }

  // A dead network shows no close: silence does. Some clocks stop while a laptop sleeps, so both
  // are asked.
  private checkSilence(): void {
    if (!this.isOpen) return;
    const { heard, env } = this;
    const silent = Math.max(env.monotonic() - heard.monotonic, env.wall() - heard.wall);
    if (silent >= this.silentMs) this.lose();
    else this.timers.set("silence", this.silentMs - silent, () => this.checkSilence());
  }
}
