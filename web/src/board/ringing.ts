// When a board rings: as long as a notice about one of its orders waits for somebody's act.

import { computed, watch } from "vue";
import type { Ref } from "vue";

import { theHub } from "@/live/hub";
import { notices } from "@/live/notices";
import type { Notice } from "@/live/notices";
import type { Order } from "@/live/order";
import { Ringer } from "@/platform/sound";

const STOPPED = "order_stopped";
const LOUD_AFTER_MS = 30_000;

export const ringer = new Ringer();

// Notices that ring for the orders of this board, by the order's id.
export function useRinging(orders: Ref<ReadonlyMap<string, Order>>) {
  const ringing = computed(() => {
    const found = new Map<string, Notice[]>();
    for (const notice of notices.value) {
      const [kind, id = ""] = notice.subject.split(":");
      if (kind !== "order" || !notice.needs_act || !orders.value.has(id)) continue;
      found.set(id, [...(found.get(id) ?? []), notice]);
    }
    return found;
  });
  watch(ringing, (found) => sound([...found.values()].flat()), { immediate: true });
  return ringing;
}

export function mustStop(list: readonly Notice[] = []): boolean {
  return list.some((notice) => notice.template === STOPPED);
}

// Louder once nobody has reacted for a while.
function sound(all: readonly Notice[]): void {
  if (!all.length) return ringer.stop();
  const oldest = Math.min(...all.map((notice) => Date.parse(notice.created_at)));
  ringer.isLoud = () => theHub().now() - oldest > LOUD_AFTER_MS;
  ringer.start();
}
