// Which lanes are folded to a bar where not all find room, and which of those was opened.

import { computed, onMounted, onUnmounted, ref } from "vue";
import type { ComputedRef, Ref } from "vue";

import { LANES } from "./lanes";
import type { Lane } from "./lanes";

// Lanes that fold together up to that width: first what has ended, then what has left the shop.
const FOLDS: readonly [query: string, lanes: readonly Lane[]][] = [
  ["(max-width: 75rem)", ["handed_over", "completed", "cancelled"]],
  ["(max-width: 100rem)", ["completed", "cancelled"]],
];

export interface Folding {
  columns: ComputedRef<readonly (readonly Lane[])[]>; // lanes that stand above each other are folded
  opened: Ref<Lane | "">;
}

export function useFolding(): Folding {
  const folded = ref<readonly Lane[]>([]);
  const opened = ref<Lane | "">("");
  const columns = computed(() => {
    const open = LANES.filter((lane) => !folded.value.includes(lane)).map((lane) => [lane]);
    return folded.value.length ? [...open, folded.value] : open;
  });
  // #ifdef H5
  const queries = FOLDS.map(([query, lanes]) => ({ list: matchMedia(query), lanes }));
  const measure = () => {
    folded.value = queries.find(({ list }) => list.matches)?.lanes ?? [];
    if (opened.value && !folded.value.includes(opened.value)) opened.value = "";
  };
  measure();
  onMounted(() => queries.forEach(({ list }) => list.addEventListener("change", measure)));
  onUnmounted(() => queries.forEach(({ list }) => list.removeEventListener("change", measure)));
  // #endif
  return { columns, opened };
}
