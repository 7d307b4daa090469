// A device of a demonstration: its clock may change its pace on the way. As a pane of the wall it also tells
// how fresh it is and what rings, and speaks the wall's language.

import { watch } from "vue";

import { knowTerms, renewTerms, terms } from "@/api/terms";
import { freshness, paceHub } from "@/live/hub";
import { notices } from "@/live/notices";
import { PANE } from "@/platform/storage";
import { tellWall } from "@/platform/wall";
import { speak } from "@/words";

const LOOK_MS = 5_000;

export async function joinDemo(): Promise<void> {
  if (PANE && globalThis.parent !== globalThis.window) return standOnWall();
  await knowTerms().catch(() => {});
  if (terms.value.is_demo) setInterval(keepPace, LOOK_MS);
}

async function keepPace(): Promise<void> {
  const before = terms.value.clock_speed;
  const { clock_speed, time } = await renewTerms().catch(() => terms.value);
  if (clock_speed !== before) paceHub(clock_speed, time);
}

function standOnWall(): void {
  document.documentElement.dataset["pane"] = PANE;
  watch(freshness, ({ state, count }) => tellWall("freshness", { state, count }), { immediate: true });
  watch(notices, (all) => tellWall("rings", { orders: all.filter((each) => each.needs_act).map((each) => each.subject) }), { immediate: true });
  addEventListener("message", ({ data, origin }: MessageEvent) => {
    if (origin !== location.origin) return;
    if (data?.paidan === "speak") speak(data.locale);
    if (data?.paidan === "pace") {
      terms.value = { ...terms.value, clock_speed: data.speed };
      paceHub(data.speed, data.time);
    }
  });
}
