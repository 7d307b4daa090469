// Couriers who ride about a map: ours, or one marker in the document for each, as Leaflet offers.

import L from "leaflet";

import { CityMap } from "../../web/src/map/leaflet";
import type { Marker } from "../../web/src/map/markers";

const CENTRE = { latitude: 57.702, longitude: 11.968 };
const REACH = 0.03;
const STEP = 0.0006; // some 50 m, as between two positions
const TELL_MS = 1_000;

interface Shown {
  move(markers: readonly Marker[]): void;
}

function ours(box: HTMLElement): Shown {
  const map = new CityMap(box, { follows: false, words: { zoomIn: "+", zoomOut: "-" } });
  return { move: (markers) => map.show(markers) };
}

// Glides by a transition of the browser, as the well-known recipes do.
function markers(box: HTMLElement): Shown {
  const map = L.map(box, { attributionControl: false, zoomAnimation: false }).setView([CENTRE.latitude, CENTRE.longitude], 13);
  const known = new Map<string, L.Marker>();
  const icon = () => L.divIcon({ className: "rider", html: "<i></i>", iconSize: [28, 28] });
  return {
    move(all) {
      for (const { id, latitude, longitude } of all) {
        const marker = known.get(id);
        if (marker) marker.setLatLng([latitude, longitude]);
        else known.set(id, L.marker([latitude, longitude], { icon: icon() }).addTo(map));
      }
    },
  };
}

function riders(count: number): Marker[] {
  return Array.from({ length: count }, (_, at) => ({
    id: String(at),
    kind: "courier",
    latitude: CENTRE.latitude + REACH * Math.sin(at * 7.1),
    longitude: CENTRE.longitude + 2 * REACH * Math.cos(at * 3.7),
  }));
}

// Every second each has moved on; each at its own time, as positions come.
function ride(shown: Shown, all: Marker[]): void {
  shown.move(all);
  const parts = 20;
  let turn = 0;
  setInterval(() => {
    turn += 1;
    const moved = all.map((marker, at) => {
      if (at % parts !== turn % parts) return marker;
      const angle = at + turn / 40;
      return { ...marker, latitude: marker.latitude + STEP * Math.sin(angle), longitude: marker.longitude + STEP * Math.cos(angle) };
    });
    all.splice(0, all.length, ...moved);
    shown.move(all);
  }, TELL_MS / parts);
}

async function watch(ms: number): Promise<{ frames: number; longest_ms: number; long_tasks: number; ms: number }> {
  let longTasks = 0;
  const observer = new PerformanceObserver((list) => (longTasks += list.getEntries().length));
  observer.observe({ entryTypes: ["longtask"] });
  const began = performance.now();
  let frames = 0;
  let longest = 0;
  let last = began;
  await new Promise<void>((resolve) => {
    const frame = (now: number) => {
      frames += 1;
      longest = Math.max(longest, now - last);
      last = now;
      if (now - began < ms) requestAnimationFrame(frame);
      else resolve();
    };
    requestAnimationFrame(frame);
  });
  observer.disconnect();
  return { frames, longest_ms: longest, long_tasks: longTasks, ms: performance.now() - began };
}

const asked = new URL(location.href).searchParams;
const box = document.getElementById("map")!;
ride(asked.get("who") === "paidan" ? ours(box) : markers(box), riders(Number(asked.get("count"))));
Object.assign(globalThis, { watch });
