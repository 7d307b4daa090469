// Where the courier is: the device says, or, when it cannot, a mark dragged on the map.

import { byId } from "./dom.js";
import { CityMap } from "./map.js";
import { hub } from "./shell.js";
import { data, t } from "./words.js";

const SEND_MS = 2_000;
const ASK_MS = 4_000;

export class Whereabouts {
  constructor() {
    this.place = null;
    this.isSimulated = false;
    setInterval(() => this.send(), SEND_MS);
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

  send() {
    if (!this.place || !this.map) return;
    hub.position(this.place.latitude, this.place.longitude, this.place.accuracy, new Date(hub.now()).toISOString());
  }
}
