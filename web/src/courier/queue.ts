// Steps of a courier that wait for a connection: kept on the device with their time and a counter, sent one
// after the other, each carried out once however often it is sent.

import { HubError } from "@paidan/realtime";
import type { Hub, Json } from "@paidan/realtime";

import { newKey } from "@/api/idempotency";
import { Problem } from "@/api/problem";

import type { Kept } from "./kept";
import { upload } from "./proofs";
import type { ProofFile } from "./proofs";

export interface Step {
  counter: number;
  person: string;
  name: string; // the command: "leg.pick_up"
  leg: string;
  number: number; // of the order
  args: Json;
  file: ProofFile | null; // sent before the step
  key: string;
  at: string;
  offline: boolean; // it was taken without a connection
  state: "waiting" | "refused";
  code?: string;
  detail?: string;
  orderState?: string;
}

export type NewStep = Pick<Step, "name" | "leg" | "number" | "args" | "file">;

const AGAIN_MS = 2_000;
const WATCHED_MS = 15_000; // for so long a person looks at the button that was pressed
const NOT_LATER = new Set(["too_many_attempts"]); // the same may succeed later, and nobody waits

interface Waiter {
  resolve(answer: Json): void;
  reject(error: unknown): void;
  since: number;
}

export class StepQueue {
  readonly answers = new Map<string, Json>(); // leg -> its newest view out of an answer
  private steps: Step[] = [];
  private readonly kept: Kept;
  private readonly person: string;
  private readonly hub: Hub;
  private readonly onChange: () => void;
  private readonly waiters = new Map<number, Waiter>();
  private isRunning = false;

  constructor(kept: Kept, person: string, hub: Hub, onChange: () => void) {
    this.kept = kept;
    this.person = person;
    this.hub = hub;
    this.onChange = onChange;
  }

  async load(): Promise<void> {
    this.steps = (await this.kept.steps()).filter((step) => step.person === this.person);
    this.onChange();
    void this.run();
  }

  waiting(leg?: string): Step[] {
    return this.steps.filter((step) => step.state === "waiting" && (!leg || step.leg === leg));
  }

  refused(): Step[] {
    return this.steps.filter((step) => step.state === "refused");
  }

  // Keep a step and send it when its turn comes. Settles when that is done, or at once without a connection;
  // rejects with the refusal of a step that somebody waits for.
  async add(step: NewStep): Promise<Json | null> {
    const offline = !this.hub.ready;
    const at = new Date(this.hub.now()).toISOString();
    const made = { ...step, person: this.person, key: newKey(), at, offline, state: "waiting" as const };
    const whole: Step = { ...made, counter: await this.kept.addStep(made) };
    this.steps.push(whole);
    this.onChange();
    const done = offline ? null : new Promise<Json>((resolve, reject) => this.waiters.set(whole.counter, { resolve, reject, since: Date.now() }));
    void this.run();
    return done;
  }

  async forget(step: Step): Promise<void> {
    this.steps = this.steps.filter((each) => each !== step);
    await this.kept.dropStep(step.counter);
    this.onChange();
  }

  async run(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      for (let step = this.waiting()[0]; step; step = this.waiting()[0]) {
        if (!(await this.settle(step))) return;
      }
    } finally {
      this.isRunning = false;
    }
  }

  // Whether the next one may follow.
  private async settle(step: Step): Promise<boolean> {
    try {
      const answer = await this.send(step);
      if (answer["leg"]) this.answers.set(step.leg, answer["leg"]);
      await this.forget(step);
      this.release(step)?.resolve(answer);
      return true;
    } catch (error) {
      const { code, isLater } = verdictOn(error);
      if (code === "ended") return false; // the person must log in; the step stays
      if (isLater && !NOT_LATER.has(code)) {
        setTimeout(() => this.run(), AGAIN_MS);
        return false;
      }
      await this.refuse(step, error, code);
      return true;
    }
  }

  // Nothing that was done off line may be lost without a word.
  private async refuse(step: Step, error: unknown, code: string): Promise<void> {
    const waiter = this.release(step);
    const isWatched = waiter !== undefined && Date.now() - waiter.since < WATCHED_MS;
    if (isWatched) await this.forget(step);
    waiter?.reject(error);
    if (isWatched) return;
    const told = error instanceof HubError ? error.d : {};
    Object.assign(step, { state: "refused", code, detail: (error as Error).message, orderState: told["order"]?.order_state, file: null });
    await this.kept.putStep(step);
    this.onChange();
  }

  private release(step: Step): Waiter | undefined {
    const waiter = this.waiters.get(step.counter);
    this.waiters.delete(step.counter);
    return waiter;
  }

  private async send(step: Step): Promise<Json> {
    if (step.file) await upload(step.leg, step.at, step.file);
    const taken = { at: step.at, counter: step.counter, offline: step.offline };
    return this.hub.command(step.name, { leg_id: step.leg, ...step.args, taken }, { key: step.key, timeoutMs: Infinity });
  }
}

function verdictOn(error: unknown): { code: string; isLater: boolean } {
  if (error instanceof HubError) return { code: error.code, isLater: error.retry };
  if (error instanceof Problem) {
    const isTemporary = error.isUnreachable || (error.status >= 500 && error.code !== "proof_missing");
    return { code: error.code, isLater: Boolean(error.body["retryable"] ?? isTemporary) };
  }
  return { code: "", isLater: true };
}
