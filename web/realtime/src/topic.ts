// One topic as the client has it: where it stands, and what each frame does to that. No I/O.
//
// `asking` until the answer to `sub` came; then `loading` parts of a snapshot, or `replaying` up
// to the head that the answer named; then `live`. Frames that do not fit are left alone: they are
// late, doubled, or follow something that was lost, and then the position tells.

import type { EventBody, Position, Snap, Sub, Subd } from "./frames.ts";
import { Store } from "./store.ts";

export type Phase = "asking" | "loading" | "replaying" | "live";
export type Outcome = "applied" | "repeated" | "early" | "gap";

export class Topic {
  readonly name: string;
  readonly store: Store;
  readonly isSequenced: boolean;
  position: Position | null;
  phase: Phase = "asking";
  replayed = 0; // how many events the last answer announced
  askedId = -1;
  private head: Position | null = null; // where the answer said the topic stands
  private parts: Snap[] = [];
  private lastGap: number | null = null;

  constructor(name: string, since: Position | null = null) {
    this.name = name;
    this.position = since;
    const kind = name.split(":")[0] as string;
    this.store = new Store(kind);
    this.isSequenced = kind !== "zone";
  }

  // It is to be asked for: whatever was under way before counts no more.
  wait(): void {
    this.phase = "asking";
    this.askedId = -1;
    this.parts = [];
  }

  // The question to send.
  ask(id: number): Sub {
    this.wait();
    this.askedId = id;
    return this.question(id);
  }

  question(id: number): Sub {
    const since = this.isSequenced && this.position ? { since: this.position } : {};
    return { t: "sub", id, topic: this.name, ...since };
  }

  // Whether the frame answers our question.
  answer(frame: Subd): boolean {
    if (frame.id !== this.askedId) return false;
    this.head = { epoch: frame.epoch, seq: frame.seq };
    this.parts = [];
    this.replayed = frame.recovered ? frame.count : 0;
    if (!this.isSequenced) this.phase = "live";
    else if (!frame.recovered) this.phase = "loading";
    else {
      this.phase = "replaying";
      this.settle();
    }
    return true;
  }

  // Whether the snapshot is whole now; it replaces everything in this one step.
  load(frame: Snap): boolean {
    if (!this.isSequenced) return this.swap(frame, frame.rows);
    const isOurs = frame.epoch === this.head?.epoch && frame.seq === this.head.seq;
    if (this.phase !== "loading" || !isOurs) return false;
    if (frame.part !== this.parts.length + 1) return false;
    this.parts.push(frame);
    if (!frame.last) return false;
    return this.swap(frame, this.parts.flatMap((part) => part.rows));
  }

  take(event: EventBody): Outcome {
    const { position } = this;
    if (position === null || this.phase === "asking" || this.phase === "loading") return "early";
    if (event.seq <= position.seq) return "repeated";
    if (event.p !== position.seq) return this.gap(position.seq);
    this.position = { epoch: position.epoch, seq: event.seq };
    this.store.apply(event);
    this.settle();
    return "applied";
  }

  // Something before an event is missing. Twice at one place: a replay does not help, start anew.
  private gap(seq: number): Outcome {
    if (this.lastGap === seq) this.position = null;
    this.lastGap = seq;
    return "gap";
  }

  private settle(): void {
    const { position, head } = this;
    if (this.phase === "replaying" && position && head && position.seq >= head.seq) {
      this.phase = "live";
    }
  }

  private swap({ epoch, seq }: Snap, rows: Snap["rows"]): boolean {
    this.store.replace(rows);
    this.position = { epoch, seq };
    this.parts = [];
    this.lastGap = null;
    this.phase = "live";
    return true;
  }
}
