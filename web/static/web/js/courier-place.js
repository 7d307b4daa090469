// Where the courier is: the device says, or, when it cannot, a mark dragged on the map.

import { byId } from "./dom.js";
import { CityMap } from "./map.js";
import { hub } from "./shell.js";
import { data, t } from "./words.js";

const TICK_MS = 1_000;
const LEAST_MS = 1_500; // one a second is heard
const MOVING_MS = 3_000;
const STILL_MS = 30_000;
const MOVED_METRES = 10;
const KEEP_MS = 15_000; // in a tunnel
const MOST_KEPT = 240; // an hour
const METRES_PER_DEGREE = 111_320;
const ASK_MS = 4_000;

export class Whereabouts {
  constructor() {
    this.place = null;
    this.isSimulated = false;
    this.toldAt = 0;
    this.sent = null; // the last place told or kept, and when
    this.kept = []; // what could not be told, oldest first
    setInterval(() => this.send(), TICK_MS);
  }

  // Where the courier starts; null when neither the device nor the city knows.
  async find() {
    if (this.place) return this.place;
    this.place = await this.ask();
    if (this.place) this.watch();
    else if (data.near) this.simulate();
    return this.place;
  }

  ask() {
    return new Promise((resolve) => {
      if (!navigator.geolocation) return resolve(null);
      const found = ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy });
      navigator.geolocation.getCurrentPosition(found, () => resolve(null), { timeout: ASK_MS });
    });
  }

  watch() {
    navigator.geolocation.watchPosition(({ coords }) => {
      this.place = { latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy };
      this.map?.put("me", this.place, { kind: "courier" });
    });
  }

  simulate() {
    const kept = JSON.parse(sessionStorage.getItem("place") ?? "null");
    this.place = kept ?? { latitude: data.near.latitude + 0.003, longitude: data.near.longitude - 0.003, accuracy: 10 };
    this.isSimulated = true;
    const note = byId("place");
    note.hidden = false;
    note.textContent = t("courier.drag");
  }

  // Draw the jobs' shops and doors with the courier between them.
  async show(legs, isOnline) {
    const steps = legs.map((leg) => `${leg.id} ${leg.state}`).join();
    if (steps !== this.steps) this.sent = null; // others wait to see where the courier is now
    this.steps = steps;
    if (isOnline && !this.place) await this.find();
    if (!isOnline || !this.place) return;
    const box = byId("map");
    box.hidden = false;
    if (!this.map) {
      this.map = new CityMap(box, { onPick: (place) => this.pick(place) });
      this.map.put("me", this.place, { kind: "courier", label: t("courier.me") });
    }
    const wanted = new Set(["me"]);
    for (const leg of legs.filter((each) => each.open)) {
      const shop = `shop ${leg.merchant.id}`;
      const door = `door ${leg.id}`;
      this.map.put(shop, leg.merchant, { kind: "shop", label: leg.merchant.name });
      if (leg.dropoff) this.map.put(door, leg.dropoff, { kind: "door", label: `#${leg.number}` });
      wanted.add(shop).add(door);
    }
    for (const id of [...this.map.places.keys()]) if (!wanted.has(id)) this.map.remove(id);
  }

  pick(place) {
    if (!this.isSimulated) return;
    this.place = { ...place, accuracy: 10 };
    sessionStorage.setItem("place", JSON.stringify(this.place));
    this.map.set("me", place);
  }

  // Often while moving, seldom while still; what nobody can hear now is told later, all at once.
  send() {
    if (!this.place || !this.map) return;
    const now = hub.now();
    if (now - this.toldAt < LEAST_MS) return;
    const wait = hub.ready ? (this.hasMoved() ? MOVING_MS : STILL_MS) : KEEP_MS;
    if (hub.ready && this.kept.length) this.tellKept();
    if (this.sent && now - this.sent.now < wait) return;
    this.sent = { ...this.place, now };
    this.toldAt = now;
    const { latitude, longitude, accuracy } = this.place;
    const at = new Date(now).toISOString();
    if (hub.ready) hub.position(latitude, longitude, accuracy, at);
    else this.kept = [...this.kept, { latitude, longitude, accuracy_metres: accuracy, at }].slice(-MOST_KEPT);
  }

  hasMoved() {
    if (!this.sent) return true;
    const squeeze = Math.cos((this.place.latitude * Math.PI) / 180);
    const north = this.place.latitude - this.sent.latitude;
    const east = (this.place.longitude - this.sent.longitude) * squeeze;
    return Math.hypot(north, east) * METRES_PER_DEGREE > MOVED_METRES;
  }

  async tellKept() {
    const positions = this.kept;
    this.kept = [];
    // Off line, or too late: then nobody needs to know.
    await hub.command("courier.report_positions", { positions }).catch(() => {});
  }
}
