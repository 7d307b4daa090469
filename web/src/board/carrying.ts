// Deliveries that somebody of the shop carries: the courier's own steps, taken at the board.

import { onUnmounted, shallowRef } from "vue";
import type { ShallowRef } from "vue";

import { openKept } from "@/courier/kept";
import type { Job } from "@/courier/legs";
import { StepQueue } from "@/courier/queue";
import { Steps } from "@/courier/steps";
import { theHub } from "@/live/hub";
import type { Order } from "@/live/order";

const STEPS: Record<string, readonly string[]> = {
  assigned: ["unassign"],
  at_pickup: ["unassign"],
  picked_up: ["deliver", "fail"],
  at_dropoff: ["deliver", "fail"],
  failed: ["return"],
};
const AGAIN_MS = 5_000;

// What the board can do next with a leg that its own person carries.
export function stepsOf(order: Order): readonly string[] {
  return STEPS[order.leg?.state ?? ""] ?? [];
}

// As much of the courier's view as the steps look at.
export function jobOf(order: Order): Job {
  return { ...order.leg, order_id: order.id, number: order.number } as unknown as Job;
}

export function useCarrying(me: string): ShallowRef<Steps | null> {
  const steps = shallowRef<Steps | null>(null);
  let timer: ReturnType<typeof setInterval> | undefined;
  let isGone = false;
  void openKept().then(async (kept) => {
    const queue = new StepQueue(kept, me, theHub(), () => {});
    await queue.load();
    if (isGone) return;
    steps.value = new Steps(queue);
    timer = setInterval(() => queue.run(), AGAIN_MS);
  });
  onUnmounted(() => {
    isGone = true;
    clearInterval(timer);
  });
  return steps;
}
