// The guided tour: each step waits until the visitor has really done it, and seen what came of it.

import { computed, onMounted, onUnmounted, ref } from "vue";

import type { Told } from "@/platform/wall";

import { HEALED } from "./control";
import type { Line } from "./control";

export const STEPS = ["accept", "silent", "follow", "break"] as const;
export type Step = (typeof STEPS)[number];

const POINTS: Record<Step, readonly string[]> = { accept: ["board-a"], silent: ["board-b"], follow: ["tracking"], break: ["control"] };
const BOARDS = ["board-a", "board-b"];
const FOLLOWED = ["tracking", "operator"];
const LEAST_MOVES = 2;

export function useTour(onEnd: () => void) {
  const at = ref(-1); // before the first step; after the last one it is over
  const isOffered = ref(true);
  const step = computed<Step | null>(() => STEPS[at.value] ?? null);
  const rings = new Map<string, string[]>();
  const points = computed<readonly string[]>(() => {
    if (step.value === "silent") return BOARDS.filter((board) => board !== accepted.value?.board);
    return step.value ? POINTS[step.value] : [];
  });
  const accepted = ref<{ order: string; board: string } | null>(null);
  let looked = "";
  let moves = 0;
  let broken: string[] = [];

  function start(): void {
    isOffered.value = false;
    at.value = 0;
  }

  function end(): void {
    isOffered.value = false;
    at.value = -1;
  }

  function next(done: Step): void {
    if (step.value !== done) return;
    at.value += 1;
    if (at.value < STEPS.length) return check();
    end();
    onEnd();
  }

  // The other board is silent about the order that was accepted.
  function check(): void {
    const { order, board } = accepted.value ?? {};
    const other = BOARDS.find((each) => each !== board);
    if (step.value === "silent" && other && !rings.get(other)?.includes(`order:${order}`)) setTimeout(() => next("silent"), 1_500);
  }

  function hear({ data, origin }: MessageEvent<Told>): void {
    if (origin !== location.origin || !data?.paidan) return;
    if (data.paidan === "rings") {
      rings.set(data.pane, data["orders"] as string[]);
      check();
    }
    if (data.paidan === "did" && data["name"] === "order.accept" && BOARDS.includes(data.pane)) {
      accepted.value = { order: String(data["args"].order_id), board: data.pane };
      next("accept");
    }
    if (data.paidan === "moved" && data.pane === looked && (moves += 1) >= LEAST_MOVES) next("follow");
  }

  // Which pane the visitor looks at closely; empty when at none.
  function look(pane: string): void {
    if (pane === looked) return;
    looked = FOLLOWED.includes(pane) ? pane : "";
    moves = 0;
  }

  function cause(trouble: string): void {
    broken = [...broken, trouble];
  }

  function healed(lines: readonly Line[]): void {
    if (step.value === "break" && lines.some((line) => line.what === HEALED && broken.includes(line.trouble))) next("break");
  }

  onMounted(() => addEventListener("message", hear));
  onUnmounted(() => removeEventListener("message", hear));
  return { at, step, points, isOffered, start, end, look, cause, healed };
}
