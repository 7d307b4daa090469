// How far what is shown can be trusted, in one word, and since when.

import type { Environment } from "./environment.ts";
import { Timers } from "./environment.ts";

export type FreshnessState =
  | "connecting" // never was live
  | "live" // every topic follows the server
  | "replayed" // live, and `count` missed events were just caught up with
  | "reconnecting" // was live; what is shown may be old
  | "offline" // the same, and the device says it has no network
  | "refused"; // the server does not want us; `code` is its close code

export interface Freshness {
  state: FreshnessState;
  since: number; // milliseconds since 1970, by the device's clock
  count: number;
  code: number | null;
}

const REPLAYED_SHOWN_MS = 8_000;

export class FreshnessMark {
  private readonly env: Environment;
  private readonly timers: Timers;
  private readonly tell: (freshness: Freshness) => void;
  value: Freshness;

  constructor(env: Environment, tell: (freshness: Freshness) => void) {
    this.env = env;
    this.timers = new Timers(env);
    this.tell = tell;
    this.value = { state: "connecting", since: env.wall(), count: 0, code: null };
  }

  set(state: FreshnessState, { count = 0, code = null as number | null } = {}): void {
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

  close(): void {
    this.timers.dropAll();
  }
}
