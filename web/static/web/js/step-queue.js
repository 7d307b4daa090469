// Steps of a courier that wait for a connection: kept on the device with its time and a counter,
// sent one after the other, each carried out once however often it is sent.

const AGAIN_MS = 2_000;
const WATCHED_MS = 15_000; // for so long a person looks at the button that was pressed
const NOT_LATER = new Set(["too_many_attempts"]); // the same may succeed later, and nobody waits

// What the server says of an upload, as a command's refusal is said.
async function refusalOf(response) {
  const told = await response.json().catch(() => ({}));
  const isTemporary = response.status >= 500 && told.code !== "proof_missing";
  return Object.assign(new Error(told.detail ?? response.statusText), { code: told.code, retry: told.retryable ?? isTemporary, d: told });
}

export class StepQueue {
  // `owner`: {person, hub, csrf}; `onChange` is called after every change.
  constructor(kept, owner, onChange) {
    this.kept = kept;
    this.owner = owner;
    this.onChange = onChange;
    this.steps = [];
    this.answers = new Map(); // leg -> its newest view out of an answer
    this.waiters = new Map();
    this.isRunning = false;
  }

  async load() {
    const all = await this.kept.steps();
    this.steps = all.filter((step) => step.person === this.owner.person);
    this.onChange();
    this.run();
  }

  waiting(leg) {
    return this.steps.filter((step) => step.state === "waiting" && (!leg || step.leg === leg));
  }

  refused() {
    return this.steps.filter((step) => step.state === "refused");
  }

  // Keep a step and send it when its turn comes. Resolves when that is done, or at once without a
  // connection; rejects with the refusal of a step that somebody waits for.
  async add(step) {
    const offline = !this.owner.hub.ready;
    const at = new Date(this.owner.hub.now()).toISOString();
    const whole = { ...step, person: this.owner.person, key: crypto.randomUUID?.() ?? `${at} ${Math.random()}`, at, offline, state: "waiting" };
    whole.counter = await this.kept.addStep(whole);
    this.steps.push(whole);
    this.onChange();
    const done = offline ? null : new Promise((resolve, reject) => this.waiters.set(whole.counter, { resolve, reject, since: performance.now() }));
    this.run();
    return done;
  }

  async forget(step) {
    this.steps = this.steps.filter((each) => each !== step);
    await this.kept.dropStep(step.counter);
    this.onChange();
  }

  async run() {
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
  async settle(step) {
    try {
      const answer = await this.send(step);
      if (answer.leg) this.answers.set(step.leg, answer.leg);
      await this.forget(step);
      this.release(step)?.resolve(answer);
      return true;
    } catch (error) {
      if (error.code === "ended") return false; // the person must log in; the step stays
      if (!error.code || (error.retry && !NOT_LATER.has(error.code))) {
        setTimeout(() => this.run(), AGAIN_MS);
        return false;
      }
      await this.refuse(step, error);
      return true;
    }
  }

  // Nothing that was done off line may be lost without a word.
  async refuse(step, error) {
    const waiter = this.release(step);
    const isWatched = waiter && performance.now() - waiter.since < WATCHED_MS;
    if (isWatched) await this.forget(step);
    waiter?.reject(error);
    if (isWatched) return;
    Object.assign(step, { state: "refused", code: error.code, detail: error.message, orderState: error.d?.order?.order_state, file: null });
    await this.kept.putStep(step);
    this.onChange();
  }

  release(step) {
    const waiter = this.waiters.get(step.counter);
    this.waiters.delete(step.counter);
    return waiter;
  }

  async send(step) {
    if (step.file) await this.upload(step);
    const taken = { at: step.at, counter: step.counter, offline: step.offline };
    const args = { leg_id: step.leg, ...step.args, taken };
    return this.owner.hub.command(step.name, args, { key: step.key, timeoutMs: Infinity });
  }

  async upload({ leg, at, file }) {
    const query = new URLSearchParams({ kind: file.kind, captured_at: at });
    const response = await fetch(`/api/v1/legs/${leg}/proofs/${file.id}?${query}`, {
      method: "PUT",
      headers: { "Content-Type": file.type, "X-CSRFToken": this.owner.csrf },
      body: file.bytes,
    });
    if (!response.ok) throw await refusalOf(response);
  }
}
