// A screen as a pane of the wall: it tells how fresh it is and what rings, and speaks the wall's language.

import { watch } from "vue";

import { freshness } from "@/live/hub";
import { notices } from "@/live/notices";
import { PANE } from "@/platform/storage";
import { tellWall } from "@/platform/wall";
import { speak } from "@/words";

export function standOnWall(): void {
  if (!PANE || globalThis.parent === globalThis.window) return;
  document.documentElement.dataset["pane"] = PANE;
  watch(freshness, ({ state, count }) => tellWall("freshness", { state, count }), { immediate: true });
  watch(notices, (all) => tellWall("rings", { orders: all.filter((each) => each.needs_act).map((each) => each.subject) }), { immediate: true });
  addEventListener("message", ({ data, origin }: MessageEvent) => {
    if (origin === location.origin && data?.paidan === "speak") speak(data.locale);
  });
}
