// What the wall does to the running city, and what the city says of it.

import { onMounted, onUnmounted, ref, shallowRef } from "vue";

import { askDemo } from "./api";

const LOOK_MS = 1_000;
const KEPT = 60;

export interface Line {
  number: number;
  run: number;
  trouble: string;
  what: string;
  at: string;
  values: Record<string, string | number>;
}

interface State {
  speed: number;
  speeds: number[];
  time: string;
  troubles: string[];
  running: string[];
  lines: Line[];
}

export const HEALED = "healed";
export const FAILED = "failed";

export function useControl(onPace: (speed: number, time: string) => void) {
  const speed = ref(0);
  const speeds = shallowRef<number[]>([]);
  const troubles = shallowRef<string[]>([]);
  const running = shallowRef<string[]>([]);
  const lines = shallowRef<Line[]>([]);
  const time = ref("");
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function look(): Promise<void> {
    const state = await askDemo<State>(`control/state?since=${lines.value[0]?.number ?? 0}`).catch(() => null);
    if (state) take(state);
    timer = setTimeout(look, LOOK_MS);
  }

  function take(state: State): void {
    speeds.value = state.speeds;
    troubles.value = state.troubles;
    running.value = state.running;
    time.value = state.time;
    const known = lines.value[0]?.number ?? 0;
    const fresh = state.lines.filter((line) => line.number > known).reverse();
    if (fresh.length) lines.value = [...fresh, ...lines.value].slice(0, KEPT);
    if (state.speed !== speed.value) onPace(state.speed, state.time);
    speed.value = state.speed;
  }

  async function cause(name: string): Promise<void> {
    running.value = [...running.value, name];
    await askDemo(`control/troubles/${name}`, {}).catch(() => {});
  }

  async function pace(wanted: number): Promise<void> {
    const state = await askDemo<State>("control/speed", { speed: wanted }).catch(() => null);
    if (state) take({ ...state, lines: [] });
  }

  onMounted(look);
  onUnmounted(() => clearTimeout(timer));
  return { speed, speeds, troubles, running, lines, time, cause, pace };
}
