// All that stands on a map, on one canvas: drawn again while something moves, and else not at all.

import type L from "leaflet";

import { Glider } from "./glide";
import type { Place } from "./glide";
import type { Marker } from "./markers";
import { RADIUS, Stamps } from "./stamps";

const NAMED_ZOOM = 14; // from here on, names have room
const FEW = 12; // so few things have names on any map
const TOUCH_PX = 9; // a finger beside a thing still means it

interface Thing {
  marker: Marker;
  readonly glider: Glider;
}

export class Things {
  private readonly map: L.Map;
  private readonly canvas: HTMLCanvasElement;
  private readonly pen: CanvasRenderingContext2D;
  private readonly stamps: Stamps;
  private readonly all = new Map<string, Thing>();
  private frame = 0;
  private isPlaced = false; // the map knows where it looks

  constructor(map: L.Map) {
    this.map = map;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "map-things";
    map.getContainer().append(this.canvas);
    this.pen = this.canvas.getContext("2d")!;
    this.stamps = new Stamps(getComputedStyle(this.canvas));
    map.on("move zoom resize viewreset", () => this.draw(performance.now()));
    map.whenReady(() => {
      this.isPlaced = true;
      this.wake();
    });
  }

  get places(): Place[] {
    return [...this.all.values()].map(({ marker }) => marker);
  }

  // Whether one stands where none stood before.
  show(markers: readonly Marker[]): boolean {
    const now = performance.now();
    const ids = new Set(markers.map((marker) => marker.id));
    for (const id of this.all.keys()) if (!ids.has(id)) this.all.delete(id);
    let isNew = false;
    for (const marker of markers) {
      const known = this.all.get(marker.id);
      if (known) {
        known.marker = marker;
        known.glider.aim(marker, now);
      } else {
        this.all.set(marker.id, { marker, glider: new Glider(marker, now) });
        isNew = true;
      }
    }
    this.wake();
    return isNew;
  }

  // Everything looks otherwise: another colour scheme.
  repaint(): void {
    this.stamps.forget();
    this.wake();
  }

  // The id of what stands at a point of the screen, the uppermost first.
  at(point: L.Point): string | null {
    const now = performance.now();
    for (const [id, { glider }] of [...this.all].reverse()) {
      const { latitude, longitude } = glider.at(now);
      if (this.map.latLngToContainerPoint([latitude, longitude]).distanceTo(point) <= RADIUS + TOUCH_PX) return id;
    }
    return null;
  }

  destroy(): void {
    this.isPlaced = false;
    cancelAnimationFrame(this.frame);
  }

  // Draw at the next frame, and on while something moves.
  private wake(): void {
    this.frame ||= requestAnimationFrame((now) => {
      this.frame = 0;
      if (this.draw(now)) this.wake();
    });
  }

  private draw(now: number): boolean {
    if (!this.isPlaced) return false;
    const { x: width, y: height } = this.map.getSize();
    const scale = devicePixelRatio;
    if (this.canvas.width !== Math.round(width * scale) || this.canvas.height !== Math.round(height * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
      this.stamps.forget();
    }
    this.pen.setTransform(scale, 0, 0, scale, 0, 0);
    this.pen.clearRect(0, 0, width, height);
    let isMoving = false;
    const isNamed = this.all.size <= FEW || this.map.getZoom() >= NAMED_ZOOM;
    for (const { marker, glider } of this.all.values()) {
      const { latitude, longitude } = glider.at(now);
      const { x, y } = this.map.latLngToContainerPoint([latitude, longitude]);
      isMoving ||= glider.isMoving(now);
      const stamp = this.stamps.of(marker, isNamed);
      if (x + stamp.width < 0 || y + stamp.height < 0 || x - stamp.width > width || y - stamp.height > height) continue;
      this.pen.drawImage(stamp.image, x + stamp.x, y + stamp.y, stamp.width, stamp.height);
    }
    return isMoving;
  }
}
