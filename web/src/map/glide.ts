// Where a thing is drawn while it is on its way from one known place to the next: never beyond the last one.

export interface Place {
  latitude: number;
  longitude: number;
}

const FIRST_MS = 1_000;
const LEAST_MS = 300;
const MOST_MS = 4_000; // who was silent for longer does not crawl after it

const isStill = typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Glider {
  private from: Place;
  private to: Place;
  private startedAt: number;
  private spanMs = 0;

  constructor(place: Place, nowMs: number) {
    this.from = place;
    this.to = place;
    this.startedAt = nowMs;
  }

  // Head for `place` from wherever it is drawn now, for as long as the last place took to come.
  aim(place: Place, nowMs: number): void {
    if (place.latitude === this.to.latitude && place.longitude === this.to.longitude) return;
    const passedMs = nowMs - this.startedAt;
    this.from = isStill ? place : this.at(nowMs);
    this.spanMs = this.spanMs || passedMs > MOST_MS ? Math.min(MOST_MS, Math.max(LEAST_MS, passedMs)) : FIRST_MS;
    this.to = place;
    this.startedAt = nowMs;
  }

  at(nowMs: number): Place {
    const share = this.spanMs ? Math.min(1, Math.max(0, (nowMs - this.startedAt) / this.spanMs)) : 1;
    if (share === 1) return this.to;
    return {
      latitude: this.from.latitude + (this.to.latitude - this.from.latitude) * share,
      longitude: this.from.longitude + (this.to.longitude - this.from.longitude) * share,
    };
  }

  isMoving(nowMs: number): boolean {
    return nowMs - this.startedAt < this.spanMs && this.from !== this.to;
  }
}
