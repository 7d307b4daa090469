// Everything the client takes from the machine it runs on, so that a test can give it another one.

export interface Environment {
  monotonic(): number; // milliseconds that never jump
  wall(): number; // milliseconds since 1970
  setTimer(work: () => void, ms: number): unknown;
  clearTimer(timer: unknown): void;
  random(): number; // from 0 to 1
  key(): string; // a fresh idempotency key
}

export const machine: Environment = {
  monotonic: () => globalThis.performance?.now() ?? Date.now(),
  wall: () => Date.now(),
  setTimer: (work, ms) => setTimeout(work, ms),
  clearTimer: (timer) => clearTimeout(timer as number),
  random: () => Math.random(),
  key: () => globalThis.crypto?.randomUUID?.() ?? digits() + digits(),
};

// Mini-programs have no `crypto`, nor have pages without TLS a `randomUUID`.
function digits(): string {
  return Math.random().toString(36).slice(2);
}

// One-shot timers by name: setting one again replaces it, and all can be dropped at once.
export class Timers {
  private readonly running = new Map<string, unknown>();
  private readonly env: Environment;

  constructor(env: Environment) {
    this.env = env;
  }

  set(name: string, ms: number, work: () => void): void {
    this.drop(name);
    const run = () => {
      this.running.delete(name);
      work();
    };
    this.running.set(name, this.env.setTimer(run, ms));
  }

  has(name: string): boolean {
    return this.running.has(name);
  }

  drop(name: string): void {
    if (!this.running.has(name)) return;
    this.env.clearTimer(this.running.get(name));
    this.running.delete(name);
  }

  dropAll(): void {
    for (const name of [...this.running.keys()]) this.drop(name);
  }
}
