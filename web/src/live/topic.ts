// A topic of the hub as reactive rows, for as long as a screen lives.

import type { CourierPos, EventBody, Json, Row, TopicHandlers } from "@paidan/realtime";
import { onUnmounted, ref, shallowRef } from "vue";
import type { Ref, ShallowRef } from "vue";

import { tellWall } from "@/platform/wall";

import { theHub } from "./hub";
import { keepLast, lastKnown } from "./last-known";

const TICK_MS = 5_000; // what ended leaves after a while, without an event

export interface LiveTopic {
  rows: ShallowRef<readonly Row[]>;
  isKnown: Ref<boolean>; // the first snapshot is there, or the last of an earlier visit
  refusal: Ref<string>; // why we may not follow it; empty while we may
}

export interface Listening {
  onEvent?(event: EventBody, how: { replayed: boolean }): void;
  onPosition?(frame: CourierPos): void;
}

const owners = new Map<string, TopicHandlers>(); // of two screens that follow a topic, the newer one

export function useTopic(name: string, listening: Listening = {}): LiveTopic {
  const last = lastKnown(name);
  const rows = shallowRef<readonly Row[]>(last ?? []);
  const isKnown = ref(last !== null);
  const refusal = ref("");
  const handlers: TopicHandlers = {
    ...listening,
    onRows(all) {
      rows.value = all;
      isKnown.value = true;
      keepLast(name, all);
    },
    onPosition(frame) {
      tellWall("moved", { courier: frame.courier });
      listening.onPosition?.(frame);
    },
    onRefused(code) {
      refusal.value = code;
    },
  };
  const hub = theHub();
  hub.join(name, handlers);
  owners.set(name, handlers);
  const timer = setInterval(() => hub.tick(), TICK_MS);
  onUnmounted(() => {
    clearInterval(timer);
    if (owners.get(name) !== handlers) return;
    owners.delete(name);
    hub.leave(name);
  });
  return { rows, isKnown, refusal };
}

// Contents of the rows of one kind: "order", "item", "merchant".
export function ofKind<T = Json>(rows: readonly Row[], kind: string): T[] {
  return rows.filter((row) => row.key.startsWith(`${kind}:`)).map((row) => row.d as T);
}
