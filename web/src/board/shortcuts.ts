// The board by keys: what each does, and the list of them.

import { onMounted, onUnmounted } from "vue";

import { ask } from "@/ui/asking";
import { t } from "@/words";

export interface Actions {
  act(trigger: string): void;
  next(): void; // the next step of the chosen order
  handOver(): void;
  step(by: number): void;
  acknowledge(): void;
  openMenu(): void;
  print(): void;
}

const SHOWN: readonly (readonly [key: string, name: string])[] = [
  ["A", "accept"], ["R", "reject"], ["S", "start"], ["F", "ready"], ["H", "hand_over"], ["D", "delay"],
  ["↑ ↓", "select"], ["↵", "next"], ["P", "print"], ["M", "menu"],
];

export function showKeys(): void {
  const rows = [...SHOWN, [t("board.space"), "acknowledge"] as const];
  void ask({ title: t("board.keys"), asks: false, fields: rows.map(([key, name]) => ({ kind: "words", text: `${key} · ${t(`keys.${name}`)}` })) });
}

export function useShortcuts(actions: Actions): void {
  const shortcuts: Record<string, () => void> = {
    a: () => actions.act("accept"),
    r: () => actions.act("reject"),
    s: () => actions.act("start"),
    f: () => actions.act("mark_ready"),
    d: () => actions.act("delay"),
    h: () => actions.handOver(),
    enter: () => actions.next(),
    arrowdown: () => actions.step(1),
    arrowup: () => actions.step(-1),
    j: () => actions.step(1),
    k: () => actions.step(-1),
    " ": () => actions.acknowledge(),
    m: () => actions.openMenu(),
    p: () => actions.print(),
    "?": showKeys,
  };

  function onKey(event: KeyboardEvent): void {
    const isInField = (event.target as Element).closest("input, select, textarea, button, a, dialog");
    if (isInField || event.ctrlKey || event.metaKey || event.altKey) return;
    const run = shortcuts[event.key.toLowerCase()];
    if (!run) return;
    event.preventDefault();
    run();
  }

  // #ifdef H5
  onMounted(() => addEventListener("keydown", onKey));
  onUnmounted(() => removeEventListener("keydown", onKey));
  // #endif
}
