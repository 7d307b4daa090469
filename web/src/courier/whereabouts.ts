// Where the courier is: the device says or, when it cannot, a mark put on the map. Told often while moving,
// seldom while still; what nobody can hear now is told later, all at once.

import type { Hub } from "@paidan/realtime";
import { shallowRef } from "vue";

import { get } from "@/api/http";
import { PANE, keep, recall } from "@/platform/storage";

export interface Here {
  latitude: number;
  longitude: number;
  accuracy?: number;
}

const TICK_MS = 1_000;
const LEAST_MS = 1_500; // one a second is heard
const MOVING_MS = 3_000;
const STILL_MS = 30_000;
const MOVED_METRES = 10;
const ASK_MS = 8_000;
const CITY_METRES = 50_000; // a place kept from further off was another city's
const KEEP_MS = 15_000; // in a tunnel
const MOST_KEPT = 240; // an hour
const METRES_PER_DEGREE = 111_320;
const BESIDE = { latitude: 0.003, longitude: -0.003 };

export class Whereabouts {
  readonly place = shallowRef<Here | null>(null);
  readonly isSimulated = shallowRef(false);
  private readonly hub: Hub;
  private readonly near: Here | null;
  private readonly timer: ReturnType<typeof setInterval>;
  private toldAt = 0;
  private sent: (Here & { now: number }) | null = null;
  private kept: (Here & { accuracy_metres?: number; at: string })[] = [];
  private isTelling = false;

  // `near`: a place of the city, for devices that do not know theirs.
  constructor(hub: Hub, near: Here | null) {
    this.hub = hub;
    this.near = near;
    this.timer = setInterval(() => this.tell(), TICK_MS);
  }

  close(): void {
    clearInterval(this.timer);
    uni.stopLocationUpdate?.({});
  }

  // Where the courier starts; null when neither the device nor the city knows.
  async find(): Promise<Here | null> {
    if (PANE) await this.shadow();
    if (this.place.value || PANE) return this.place.value;
    const found = await this.ask();
    if (found) {
      this.place.value = found;
      this.watch();
    } else if (this.near) this.simulate(this.near);
    return this.place.value;
  }

  // Tell from now on, while on line.
  begin(): void {
    this.isTelling = true;
  }

  end(): void {
    this.isTelling = false;
  }

  // Others wait to see where the courier is now.
  hurry(): void {
    this.sent = null;
  }

  put(latitude: number, longitude: number): void {
    if (!this.isSimulated.value) return;
    this.place.value = { latitude, longitude, accuracy: 10 };
    keep("place", this.place.value);
  }

  // A pane looks over the shoulder of a simulated courier, whose own device tells the place.
  private async shadow(): Promise<void> {
    const { shift } = await get<{ shift: Here | null }>("/couriers/me").catch(() => ({ shift: null }));
    if (shift?.latitude) this.place.value = { latitude: shift.latitude, longitude: shift.longitude };
  }

  private ask(): Promise<Here | null> {
    return new Promise((resolve) => {
      setTimeout(() => resolve(null), ASK_MS); // who does not answer the browser's question works all the same
      uni.getLocation({
        type: "wgs84",
        success: ({ latitude, longitude, accuracy }) => resolve({ latitude, longitude, accuracy }),
        fail: () => resolve(null),
      });
    });
  }

  private watch(): void {
    // #ifdef H5
    navigator.geolocation?.watchPosition(({ coords }) => {
      this.place.value = { latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy };
    });
    // #endif
    // #ifndef H5
    uni.startLocationUpdate({ type: "wgs84" } as never);
    uni.onLocationChange(({ latitude, longitude, accuracy }) => {
      if (latitude !== undefined && longitude !== undefined) this.place.value = { latitude, longitude, accuracy };
    });
    // #endif
  }

  private simulate(near: Here): void {
    this.isSimulated.value = true;
    const kept = recall<Here>("place");
    this.place.value = kept && metresBetween(kept, near) < CITY_METRES ? kept : { latitude: near.latitude + BESIDE.latitude, longitude: near.longitude + BESIDE.longitude, accuracy: 10 };
  }

  private tell(): void {
    if (PANE) return void (this.isTelling && this.shadow());
    const here = this.place.value;
    if (!here || !this.isTelling) return;
    const now = this.hub.now();
    if (now - this.toldAt < LEAST_MS) return;
    if (this.hub.ready && this.kept.length) void this.tellKept();
    const wait = this.hub.ready ? (this.hasMoved(here) ? MOVING_MS : STILL_MS) : KEEP_MS;
    if (this.sent && now - this.sent.now < wait) return;
    this.sent = { ...here, now };
    this.toldAt = now;
    const at = new Date(now).toISOString();
    if (this.hub.ready) this.hub.position(here.latitude, here.longitude, here.accuracy, at);
    else this.kept = [...this.kept, { latitude: here.latitude, longitude: here.longitude, accuracy_metres: here.accuracy, at }].slice(-MOST_KEPT);
  }

  private hasMoved(here: Here): boolean {
    if (!this.sent) return true;
    return metresBetween(here, this.sent) > MOVED_METRES;
  }

  private async tellKept(): Promise<void> {
    const positions = this.kept;
    this.kept = [];
    // Off line, or too late: then nobody needs to know.
    await this.hub.command("courier.report_positions", { positions }).catch(() => {});
  }
}

// Flat-earth arithmetic, exact enough within a city.
function metresBetween(here: Here, there: Here): number {
  const squeeze = Math.cos((here.latitude * Math.PI) / 180);
  return Math.hypot(here.latitude - there.latitude, (here.longitude - there.longitude) * squeeze) * METRES_PER_DEGREE;
}
