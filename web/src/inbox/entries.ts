// All notices of a person, the newest first, as far back as they were asked for.

import { onHide, onShow } from "@dcloudio/uni-app";
import { onMounted, onUnmounted, ref, shallowRef, watch } from "vue";
import type { Ref, ShallowRef } from "vue";

import { get } from "@/api/http";
import { explain } from "@/live/commands";
import { freshness } from "@/live/hub";
import { isAcknowledged, notices, saw } from "@/live/notices";
import type { Notice } from "@/live/notices";
import { keep, recall } from "@/platform/storage";

const PAGE = 30;
const MOST = 100; // that the API gives at once
const KEPT = "last:inbox";

export type EntryState = "waiting" | "new" | "seen" | "acted" | "ended";

export interface Entry extends Notice {
  seen_at: string | null;
  acted_at: string | null;
  open: boolean;
}

interface Page {
  items: Entry[];
  next: string | null;
}

interface LastKnown {
  at: number;
  items: Entry[];
}

export interface Entries {
  entries: ShallowRef<readonly Entry[] | null>; // null: nothing came yet
  next: Ref<string | null>; // where older ones begin; null when there are none
  knownAt: Ref<number>; // in milliseconds since 1970
  error: Ref<unknown>; // why what is shown may be old; null when it is not
  refresh(): Promise<void>;
  older(): Promise<void>;
  stateOf(entry: Entry): EntryState;
}

export function useEntries(): Entries {
  const entries = shallowRef<readonly Entry[] | null>(null);
  const next = ref<string | null>(null);
  const knownAt = ref(0);
  const error = ref<unknown>(null);
  const unseen = new Set<string>(); // when they came here: looking at them makes them no older
  let isInFront = true;
  let turn = 0;

  function take(items: readonly Entry[]): void {
    entries.value = items;
    for (const { id, seen_at } of items) if (!seen_at) unseen.add(id);
    note();
  }

  // Tell that they were seen, if somebody looks.
  function note(): void {
    if (isInFront && !isHidden()) saw((entries.value ?? []).filter(({ open, seen_at }) => open && !seen_at));
  }

  async function refresh(): Promise<void> {
    const mine = ++turn;
    try {
      const limit = Math.min(Math.max(entries.value?.length ?? 0, PAGE), MOST);
      const page = await get<Page>("/inbox", { limit });
      if (mine !== turn) return;
      const rest = beyond(page, entries.value ?? []);
      if (!rest.length) next.value = page.next;
      error.value = null;
      knownAt.value = Date.now();
      keep(KEPT, { at: knownAt.value, items: page.items.slice(0, PAGE) } satisfies LastKnown);
      take([...page.items, ...rest]);
    } catch (reason) {
      if (mine === turn) fail(reason);
    }
  }

  function fail(reason: unknown): void {
    error.value = reason;
    const last = entries.value ? null : recall<LastKnown>(KEPT);
    if (!last) return;
    entries.value = last.items;
    knownAt.value = last.at;
  }

  async function older(): Promise<void> {
    try {
      const page = await get<Page>("/inbox", { after: next.value, limit: PAGE });
      const known = new Set(entries.value?.map(({ id }) => id));
      next.value = page.next;
      take([...(entries.value ?? []), ...page.items.filter(({ id }) => !known.has(id))]);
    } catch (reason) {
      explain(reason);
    }
  }

  function stateOf(entry: Entry): EntryState {
    if (entry.acted_at || (entry.open && isAcknowledged(entry))) return "acted";
    if (entry.open && entry.needs_act) return "waiting";
    if (unseen.has(entry.id) && (entry.open || entry.seen_at)) return "new";
    return entry.seen_at && !entry.needs_act ? "seen" : "ended";
  }

  watch(notices, () => entries.value && refresh());
  watch(() => freshness.value.state, (state) => state === "live" && error.value && refresh());
  onShow(() => {
    isInFront = true;
    note();
  });
  onHide(() => (isInFront = false));
  // #ifdef H5
  onMounted(() => document.addEventListener("visibilitychange", note));
  onUnmounted(() => document.removeEventListener("visibilitychange", note));
  // #endif
  return { entries, next, knownAt, error, refresh, older, stateOf };
}

// Those of `shown` that are older than all of the page.
function beyond(page: Page, shown: readonly Entry[]): readonly Entry[] {
  const last = page.items.at(-1);
  if (!last || !page.next) return [];
  const known = new Set(page.items.map(({ id }) => id));
  return shown.filter(({ id, created_at }) => created_at <= last.created_at && !known.has(id));
}

function isHidden(): boolean {
  return typeof document !== "undefined" && document.hidden;
}
