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
const FELL_SILENT_MS = 3_000; // the board's word of the deed comes after the ring's end, or before it
const LOOK_MS = 1_000;
const RING_WAIT_MS = 6_000; // until a ring is asked for

// `needRing`: nothing rings that could fall silent.
export function useTour(onEnd: () => void, needRing: () => void) {
  const at = ref(-1); // before the first step; after the last one it is over
  const isOffered = ref(true);
  const step = computed<Step | null>(() => STEPS[at.value] ?? null);
  const rings = new Map<string, string[]>();
  const rangAt = new Map<string, number>(); // "board order" -> when it was last known to ring
  const isRinging = ref(false); // on both boards for the same order
  const points = computed<readonly string[]>(() => {
    if (step.value === "silent") return BOARDS.filter((board) => board !== accepted.value?.board);
    return step.value ? POINTS[step.value] : [];
  });
  const accepted = ref<{ order: string; board: string } | null>(null);
  let looked = "";
  let moves = 0;
  let broken: string[] = [];
  let quietSince = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;

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

  function accept(order: string, board: string): void {
    if (step.value !== "accept" || !rangElsewhere(order, board)) return;
    accepted.value = { order, board };
    next("accept");
  }

  // The other board is silent about the order that was accepted.
  function check(): void {
    const { order, board } = accepted.value ?? {};
    const other = BOARDS.find((each) => each !== board);
    if (step.value === "silent" && other && !rings.get(other)?.includes(`order:${order}`)) setTimeout(() => next("silent"), 1_500);
  }

  function heardRings(board: string, orders: string[]): void {
    for (const order of [...(rings.get(board) ?? []), ...orders]) rangAt.set(`${board} ${order}`, Date.now());
    rings.set(board, orders);
    const [first, second] = BOARDS.map((each) => rings.get(each) ?? []);
    isRinging.value = Boolean(first?.some((order) => second?.includes(order)));
  }

  // Whether accepting it lets the other board fall silent, or just did.
  function rangElsewhere(order: string, board: string): boolean {
    return BOARDS.some((each) => each !== board && (rings.get(each)?.includes(`order:${order}`) || Date.now() - (rangAt.get(`${each} order:${order}`) ?? 0) < FELL_SILENT_MS));
  }

  function waitForRing(): void {
    if (step.value !== "accept" || isRinging.value) quietSince = Date.now();
    if (Date.now() - quietSince < RING_WAIT_MS) return;
    quietSince = Date.now();
    needRing();
  }

  function hear({ data, origin }: MessageEvent<Told>): void {
    if (origin !== location.origin || !data?.paidan) return;
    if (data.paidan === "rings") {
      heardRings(data.pane, data["orders"] as string[]);
      check();
    }
    if (data.paidan === "did" && data["name"] === "order.accept" && BOARDS.includes(data.pane)) accept(String(data["args"].order_id), data.pane);
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

  onMounted(() => {
    addEventListener("message", hear);
    timer = setInterval(waitForRing, LOOK_MS);
  });
  onUnmounted(() => {
    removeEventListener("message", hear);
    clearInterval(timer);
  });
  return { at, step, points, isOffered, isRinging, start, end, look, cause, healed };
}
