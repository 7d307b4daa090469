// Who is on the wall now: asked again and again, as orders end and others are worth watching.

import { onMounted, onUnmounted, reactive, ref, shallowRef } from "vue";

import type { Person } from "@/session/session";
import { keep, keepFor, recall } from "@/platform/storage";
import { locale } from "@/words";

import { PANES, askDemo } from "./api";
import type { PaneName, PaneOf, Scene } from "./api";

const LOOK_MS = 4_000;
const LINGER_MS = 12_000; // an order that has ended is looked at for a while

export interface Shown extends PaneOf {
  url: string;
}

export function useScene() {
  const scene = shallowRef<Scene | null>(null);
  const shown = reactive<Partial<Record<PaneName, Shown>>>({});
  const isLost = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let endedAt = 0;

  async function look(): Promise<void> {
    try {
      const watched = recall<string>("watched");
      const found = await askDemo<Scene>(`scene${watched ? `?order=${watched}` : ""}`);
      isLost.value = false;
      scene.value = found;
      await cast(found);
    } catch {
      isLost.value = true;
    }
    timer = setTimeout(look, LOOK_MS);
  }

  // A pane changes only when its person or screen does; the order's follow each other without haste.
  async function cast(found: Scene): Promise<void> {
    const isOther = shown.tracking && found.panes.tracking?.screen !== shown.tracking.screen;
    if (isOther) endedAt ||= Date.now();
    const stays = isOther && Date.now() - endedAt < LINGER_MS;
    for (const name of PANES) {
      const wanted = found.panes[name];
      if (!wanted || (stays && (name === "tracking" || name === "courier"))) continue;
      const now = shown[name];
      if (now && now.person === wanted.person && now.screen === wanted.screen) continue;
      await enter(name, wanted);
    }
    if (stays) return;
    endedAt = 0;
    if (found.order) keep("watched", found.order.id);
  }

  async function enter(name: PaneName, wanted: PaneOf): Promise<void> {
    const session = await askDemo<{ token: string; person: Person }>("sessions", { person: wanted.person });
    keepFor(name, "session", session);
    keepFor(name, "locale", locale.value);
    const glue = wanted.screen.includes("?") ? "&" : "?";
    shown[name] = { ...wanted, url: `/app/${wanted.screen}${glue}pane=${name}` };
  }

  onMounted(look);
  onUnmounted(() => clearTimeout(timer));
  return { scene, shown, isLost };
}
