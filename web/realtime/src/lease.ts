// The permission to be connected, renewed a minute before its end by a fresh ticket sent in band.

import type { Environment } from "./environment.ts";
import { Timers } from "./environment.ts";
import { NoTicket } from "./errors.ts";

const BEFORE_MS = 60_000;
const AGAIN_MS = 5_000;

export class Lease {
  private readonly env: Environment;
  private readonly timers: Timers;
  private readonly renew: () => Promise<void>;
  private lifeMs = 0;
  private dueAt = Infinity;

  // `renew` fetches a ticket and sends it; when it fails it is tried again until the lease ends,
  // unless there will be none: then the lease runs out.
  constructor(env: Environment, renew: () => Promise<void>) {
    this.env = env;
    this.timers = new Timers(env);
    this.renew = renew;
  }

  begin(lifeSeconds: number): void {
    this.lifeMs = lifeSeconds * 1000;
    this.wait(Math.max(this.lifeMs - BEFORE_MS, this.lifeMs / 2));
  }

  // Called with each frame: a page in the background is late with its timers, not with frames.
  check(): void {
    if (this.env.monotonic() < this.dueAt) return;
    this.wait(AGAIN_MS);
    this.renew().then(
      () => this.dueAt < Infinity && this.begin(this.lifeMs / 1000),
      (error) => error instanceof NoTicket && this.end(), // else the time for another try is set
    );
  }

  end(): void {
    this.dueAt = Infinity;
    this.timers.dropAll();
  }

  private wait(ms: number): void {
    this.dueAt = this.env.monotonic() + ms;
    this.timers.set("renew", ms, () => this.check());
  }
}
