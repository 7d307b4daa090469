// The map of a browser: Leaflet for moving and zooming, the city's streets below, things that stand and move above.

import "leaflet/dist/leaflet.css";
import "./map.css";

import L from "leaflet";

import type { Marker } from "./markers";
import { CITY, streets } from "./streets";
import { StreetLayer } from "./street-layer";
import { Things } from "./things";

const PADDING = 48;
const CLOSEST_ZOOM = 18;
const FARTHEST_ZOOM = 10;
const FITTED_ZOOM = 16.5;

export interface MapOptions {
  follows: boolean; // keep everything in sight, until a person moves the map
  words: { zoomIn: string; zoomOut: string };
  onPick?(latitude: number, longitude: number): void;
  onChoose?(id: string): void;
  onHeld?(isHeld: boolean): void; // a person has moved the map, or let it follow again
  onStreets?(attribution: string): void;
}

export class CityMap {
  private readonly map: L.Map;
  private readonly things: Things;
  private readonly options: MapOptions;
  private readonly scheme = matchMedia("(prefers-color-scheme: dark)");
  private readonly repaint = () => this.things.repaint();
  private readonly sizes: ResizeObserver;
  private isFitted = false;
  private isFitting = false;
  private isHeld = false;
  private hasStreets = false;

  constructor(container: HTMLElement, options: MapOptions) {
    this.options = options;
    const zoom = { zoomSnap: 0.5, minZoom: FARTHEST_ZOOM, maxZoom: CLOSEST_ZOOM, zoomAnimation: false, fadeAnimation: false };
    this.map = L.map(container, { ...zoom, attributionControl: false, zoomControl: false, keyboard: true });
    L.control.zoom({ zoomInTitle: options.words.zoomIn, zoomOutTitle: options.words.zoomOut, zoomInText: "+", zoomOutText: "−" }).addTo(this.map);
    this.things = new Things(this.map);
    this.map.on("movestart zoomstart", () => this.hold());
    this.map.on("moveend", () => this.showStreets());
    this.map.on("click", (event: L.LeafletMouseEvent) => this.clicked(event));
    this.scheme.addEventListener("change", this.repaint);
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(container);
  }

  show(markers: readonly Marker[]): void {
    const isNew = this.things.show(markers);
    const follows = this.options.follows && !this.isHeld;
    if (markers.length && (!this.isFitted || (follows && (isNew || this.isOneOutside())))) this.fit();
  }

  // Everything in sight, and kept there from now on.
  center(): void {
    this.isHeld = false;
    this.options.onHeld?.(false);
    this.fit();
  }

  destroy(): void {
    this.sizes.disconnect();
    this.scheme.removeEventListener("change", this.repaint);
    this.things.destroy();
    this.map.remove();
  }

  private fit(): void {
    const places = this.things.places.map(({ latitude, longitude }) => L.latLng(latitude, longitude));
    const { x, y } = this.map.getSize();
    if (!places.length || !x || !y) return;
    this.isFitting = true;
    this.map.fitBounds(L.latLngBounds(places), { padding: [Math.min(PADDING, x / 6), Math.min(PADDING, y / 6)], maxZoom: FITTED_ZOOM, animate: false });
    this.isFitting = false;
    this.isFitted = true;
  }

  private isOneOutside(): boolean {
    const bounds = this.map.getBounds();
    return this.things.places.some(({ latitude, longitude }) => !bounds.contains([latitude, longitude]));
  }

  private hold(): void {
    if (this.isFitting || this.isHeld || !this.isFitted) return;
    this.isHeld = true;
    this.options.onHeld?.(true);
  }

  private resized(): void {
    this.isFitting = true;
    this.map.invalidateSize({ animate: false, pan: false });
    this.isFitting = false;
    if (!this.isFitted || (this.options.follows && !this.isHeld)) this.fit();
  }

  // The ground, once the city is in sight; elsewhere it stays plain.
  private showStreets(): void {
    const [south, west, north, east] = CITY.bounds;
    if (this.hasStreets || !this.map.getBounds().intersects([[south, west], [north, east]])) return;
    this.hasStreets = true;
    streets().then(
      (known) => {
        if (!this.map.getContainer().isConnected) return;
        new StreetLayer(known, getComputedStyle(this.map.getContainer()).fontFamily).addTo(this.map);
        this.options.onStreets?.(CITY.attribution);
      },
      () => {
        this.hasStreets = false; // the next move tries again
      },
    );
  }

  private clicked({ latlng, containerPoint }: L.LeafletMouseEvent): void {
    const id = this.options.onChoose && this.things.at(containerPoint);
    if (id) this.options.onChoose?.(id);
    else this.options.onPick?.(latlng.lat, latlng.lng);
  }
}
