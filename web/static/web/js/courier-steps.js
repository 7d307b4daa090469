// The steps of the person at this device: given to the queue, and a job as it is after those that
// still wait.

import { openKept } from "./kept.js";
import { explain, toast } from "./overlays.js";
import { hub, me } from "./shell.js";
import { StepQueue } from "./step-queue.js";
import { t } from "./words.js";

const AFTER = { "leg.arrive_pickup": "at_pickup", "leg.pick_up": "picked_up", "leg.arrive_dropoff": "at_dropoff", "leg.deliver": "delivered", "leg.fail": "failed", "leg.start_return": "returning" };
const NEXT = { at_pickup: ["pick_up"], picked_up: ["arrive_dropoff", "deliver", "fail"], at_dropoff: ["deliver", "fail"], failed: ["return"] };

const listeners = [];

export const kept = await openKept();
export const queue = new StepQueue(kept, { person: me, hub, csrf: document.documentElement.dataset.csrf }, () => listeners.forEach((each) => each()));

// Call `listener` after every change of the steps.
export function onSteps(listener) {
  listeners.push(listener);
}

// `file`: {id, kind, type, bytes}, sent before the step.
export async function give(name, leg, args = {}, file = null) {
  if (!hub.ready) toast(t("courier.queued"));
  try {
    await queue.add({ name, leg: leg.id, number: leg.number, args, file });
  } catch (error) {
    explain(error);
  }
}

// The job as this device knows it: the server's newest word, and what waits on top of it.
export function after(leg) {
  const answered = queue.answers.get(leg.id);
  const known = answered && answered.version > leg.version ? answered : leg;
  const waiting = queue.waiting(leg.id);
  if (!waiting.length) return known;
  const state = AFTER[waiting.at(-1).name] ?? known.state;
  return { ...known, state, allowed: NEXT[state] ?? [], waiting: waiting.length };
}

await queue.load();
addEventListener("online", () => queue.run());
