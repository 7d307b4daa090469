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

export interface Network {
  url: string; // where phones find the demonstration; empty while it is closed
  address: string;
  is_local: boolean; // this machine is in no network
}

interface State {
  network: Network;
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
  const network = shallowRef<Network>({ url: "", address: "", is_local: false });
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
    network.value = state.network;
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

  // Let somebody order from the shop on the wall, now.
  async function order(): Promise<void> {
    await askDemo("control/orders", {}).catch(() => {});
  }

  async function pace(wanted: number): Promise<void> {
    const state = await askDemo<State>("control/speed", { speed: wanted }).catch(() => null);
    if (state) take({ ...state, lines: [] });
  }

  // Let phones of this network in, or hang up on them; rejects when nothing can listen there.
  async function openNetwork(open: boolean): Promise<void> {
    network.value = await askDemo<Network>("control/network", { open });
  }

  onMounted(look);
  onUnmounted(() => clearTimeout(timer));
  return { speed, speeds, troubles, running, lines, time, network, cause, order, pace, openNetwork };
}
