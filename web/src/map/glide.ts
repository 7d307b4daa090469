// Where a thing is drawn while it is on its way from one known place to the next.

export interface Place {
  latitude: number;
  longitude: number;
}

export const GLIDE_MS = 3_000; // positions come about as often

export class Glider {
  private from: Place;
  private to: Place;
  private startedAt: number;

  constructor(place: Place, nowMs: number) {
    this.from = place;
    this.to = place;
    this.startedAt = nowMs;
  }

  // Head for `place` from wherever it is drawn now.
  aim(place: Place, nowMs: number): void {
    if (place.latitude === this.to.latitude && place.longitude === this.to.longitude) return;
    this.from = this.at(nowMs);
    this.to = place;
    this.startedAt = nowMs;
  }

  at(nowMs: number): Place {
    const share = Math.min(1, Math.max(0, (nowMs - this.startedAt) / GLIDE_MS));
    return {
      latitude: this.from.latitude + (this.to.latitude - this.from.latitude) * share,
      longitude: this.from.longitude + (this.to.longitude - this.from.longitude) * share,
    };
  }

  isMoving(nowMs: number): boolean {
    return nowMs - this.startedAt < GLIDE_MS && this.from !== this.to;
  }
}
