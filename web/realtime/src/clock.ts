// Business time as the server sees it, which in a demonstration may run faster than real time.

import type { Environment } from "./environment.ts";

export class ServerClock {
  private readonly env: Environment;
  private speed: number;
  private heard: { server: number; here: number } | null = null;

  constructor(env: Environment, speed = 1) {
    this.env = env;
    this.speed = speed;
  }

  // Take the `server_time` of a welcome.
  set(serverTime: string): void {
    this.heard = { server: Date.parse(serverTime), here: this.env.monotonic() };
  }

  // From now on the server's clock runs so fast; a demonstration changes it on the way.
  pace(speed: number, serverTime: string): void {
    this.speed = speed;
    this.set(serverTime);
  }

  // Milliseconds since 1970; the device's own idea until the server was heard.
  now(): number {
    if (this.heard === null) return this.env.wall();
    return this.heard.server + (this.env.monotonic() - this.heard.here) * this.speed;
  }
}
