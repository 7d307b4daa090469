// One try at being connected: a ticket, a channel, a welcome in time; then frames until its end.

import type { Channel, Opener } from "./channel.ts";
import { BAD_TICKET, LOST } from "./codes.ts";
import type { Environment } from "./environment.ts";
import { Timers } from "./environment.ts";
import { NoTicket } from "./errors.ts";
import type { ClientFrame, ServerFrame, Sub, Welcome } from "./frames.ts";

export type TicketSource = () => Promise<string>;

export interface AttemptHandlers {
  wanted(): Sub[];
  onWelcome(frame: Welcome, attempt: Attempt): void;
  onFrame(frame: ServerFrame, attempt: Attempt): void;
  onEnd(code: number, reason: string, attempt: Attempt): void; // once, never from the constructor
}

export interface AttemptOptions {
  open: Opener;
  ticket: TicketSource | null;
  env: Environment;
  welcomeMs: number;
}

export class Attempt {
  readonly open: Opener;
  isWelcome = false;
  private readonly handlers: AttemptHandlers;
  private readonly timers: Timers;
  private channel: Channel | null = null;
  private isOver = false;

  constructor(options: AttemptOptions, handlers: AttemptHandlers) {
    this.open = options.open;
    this.handlers = handlers;
    this.timers = new Timers(options.env);
    this.timers.set("welcome", options.welcomeMs, () => this.end(LOST, ""));
    this.begin(options.ticket);
  }

  send(frame: ClientFrame): void {
    this.channel?.send(frame);
  }

  // Leave without another word to the handlers.
  close(): void {
    this.isOver = true;
    this.timers.dropAll();
    this.channel?.close();
  }

  private async begin(source: TicketSource | null): Promise<void> {
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

  private hear(frame: ServerFrame): void {
    if (this.isOver) return;
    if (frame.t !== "welcome") this.handlers.onFrame(frame, this);
    else if (!this.isWelcome) {
      this.isWelcome = true;
      this.timers.dropAll();
      this.handlers.onWelcome(frame, this);
    }
  }

  private end(code: number, reason: string): void {
    if (this.isOver) return;
    this.close();
    this.handlers.onEnd(code, reason, this);
  }
}
