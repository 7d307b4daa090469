// Which lane an order stands in, in what order, and what is done with it next.

import type { Order } from "@/live/order";

export const LANES = ["placed", "accepted", "preparing", "ready", "handed_over", "completed", "cancelled"] as const;
export type Lane = (typeof LANES)[number];

const ENDED = new Set<string>(["completed", "cancelled"]);
const MAIN: Record<string, string> = { placed: "accept", accepted: "start", preparing: "mark_ready", ready: "hand_over", handed_over: "complete" };

// The next step; a delivery is handed over by its courier's pick-up once one is there.
export function mainDeed(order: Order): string | null {
  const main = MAIN[order.state];
  if (main === "hand_over" && order.fulfilment === "delivery" && !order.leg?.courier) return null;
  return main && order.allowed.includes(main) ? main : null;
}

// Orders of each lane; one that must be stopped stands where new ones do, whatever its state.
export function inLanes(orders: Iterable<Order>, mustStop: (order: Order) => boolean): Record<Lane, Order[]> {
  const lanes = Object.fromEntries(LANES.map((lane) => [lane, [] as Order[]])) as Record<Lane, Order[]>;
  for (const order of orders) lanes[mustStop(order) ? "placed" : (order.state as Lane)]?.push(order);
  for (const lane of LANES) lanes[lane].sort((a, b) => compare(lane, a, b));
  return lanes;
}

// What has waited longest, or is promised first, comes first; what ended last, too.
function compare(lane: Lane, a: Order, b: Order): number {
  if (ENDED.has(lane)) return moment(b.ended_at).localeCompare(moment(a.ended_at));
  if (lane === "placed") return moment(a.times["placed_at"]).localeCompare(moment(b.times["placed_at"]));
  return due(a).localeCompare(due(b));
}

function due(order: Order): string {
  return moment(order.times["promised_ready_at"] ?? order.times["placed_at"]);
}

function moment(value: string | null | undefined): string {
  return value ?? "";
}
