// What is known of one topic's things: rows by key, changed only to a newer version.

import type { Row } from "./frames.ts";

const MINUTE_MS = 60_000;

// How long a kind of topic shows what has ended; a kind without a number keeps everything.
const KEPT_MS: Record<string, number> = { merchant: 30 * MINUTE_MS, courier: 0, user: 0 };

export class Store {
  private readonly kept: number | undefined;
  private rows = new Map<string, Row>();

  constructor(kind: string) {
    this.kept = KEPT_MS[kind];
  }

  replace(rows: Row[]): void {
    this.rows = new Map(rows.map((row) => [row.key, row]));
  }

  // Whether the row was news. A row that left stays known, or an old version could bring it back.
  apply({ key, ver, d }: Row): boolean {
    const known = this.rows.get(key);
    if (known && known.ver >= ver) return false;
    this.rows.set(key, { key, ver, d });
    return true;
  }

  // Rows a snapshot taken at `now` would hold: what has ended leaves after its time.
  visible(now: number): Row[] {
    const { kept } = this;
    const all = [...this.rows.values()];
    return kept === undefined ? all : all.filter(({ d }) => isShown(d, now, kept));
  }
}

function isShown(d: Row["d"], now: number, kept: number): boolean {
  if (d["open"]) return true;
  return Boolean(d["ended_at"]) && now - Date.parse(d["ended_at"]) < kept;
}
