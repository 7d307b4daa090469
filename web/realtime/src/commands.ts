// Commands that wait for their answer. Each keeps its idempotency key however often it is sent, so
// it is carried out once: repeated after a reconnect, and when an answer is overdue.

import type { Environment } from "./environment.ts";
import { Timers } from "./environment.ts";
import { Ended, HubError, Refused, TimedOut } from "./errors.ts";
import type { Cmd, Err, Json, Ok } from "./frames.ts";

const OVERDUE_MS = 8_000;

interface Waiting {
  frame: Cmd;
  resolve(answer: Json): void;
  reject(error: HubError): void;
}

export class Commands {
  private readonly timers: Timers;
  private readonly send: (frame: Cmd) => void;
  private readonly waiting = new Map<number, Waiting>();

  constructor(env: Environment, send: (frame: Cmd) => void) {
    this.timers = new Timers(env);
    this.send = send;
  }

  get count(): number {
    return this.waiting.size;
  }

  // Resolves with the command's answer; rejects with `Refused`, `TimedOut` or `Ended`.
  give(frame: Cmd, timeoutMs: number): Promise<Json> {
    return new Promise((resolve, reject) => {
      this.waiting.set(frame.id, { frame, resolve, reject });
      if (timeoutMs < Infinity) {
        this.timers.set(`end ${frame.id}`, timeoutMs, () => this.fail(frame.id, new TimedOut()));
      }
      this.transmit(frame);
    });
  }

  // Whether the frame answers one of our commands.
  answer(frame: Ok | Err): boolean {
    const waiting = this.waiting.get(frame.id ?? -1);
    if (!waiting) return false;
    if (frame.t === "ok") this.forget(waiting.frame.id)?.resolve(frame.d);
    else this.fail(waiting.frame.id, Refused.of(frame));
    return true;
  }

  repeat(): void {
    for (const { frame } of [...this.waiting.values()]) this.transmit(frame);
  }

  // No answer will come any more.
  end(closeCode: number | null): void {
    for (const id of [...this.waiting.keys()]) this.fail(id, new Ended(closeCode));
  }

  private transmit(frame: Cmd): void {
    this.timers.set(`repeat ${frame.id}`, OVERDUE_MS, () => this.transmit(frame));
    this.send(frame);
  }

  private fail(id: number, error: HubError): void {
    this.forget(id)?.reject(error);
  }

  private forget(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    this.timers.drop(`end ${id}`);
    this.timers.drop(`repeat ${id}`);
    return waiting;
  }
}
