// The map of a browser: Leaflet for moving and zooming, one canvas for all that stands on it.

import "leaflet/dist/leaflet.css";

import L from "leaflet";

import { Glider } from "./glide";
import type { Marker, MarkerKind } from "./markers";

const PADDING = 40;
const CLOSEST_ZOOM = 17;
const RADIUS = 13;
const GLYPHS: Record<MarkerKind, string> = {
  shop: "M-6-1h12v7H-6zM-7-1l2-5H5l2 5M-2 6V2h4v4",
  door: "M-6 0 0-6 6 0M-4-1v7h8v-7M-1 6V3h2v3",
  courier: "M-6 4a2 2 0 1 0 0 .1M6 4a2 2 0 1 0 0 .1M-4 4h6l2-8h2M-6 0h4l2 4",
  order: "M-5-5h10v11H-5zM-2-2h4M-2 1h4",
};
const INKS: Record<MarkerKind, string> = { shop: "--accent", door: "--info", courier: "--ink", order: "--warn" };

interface Drawn {
  marker: Marker;
  glider: Glider;
}

export interface MapOptions {
  follows: boolean; // keep everything in sight
  onPick?(latitude: number, longitude: number): void;
  onChoose?(id: string): void;
}

export class CityMap {
  private readonly map: L.Map;
  private readonly canvas: HTMLCanvasElement;
  private readonly options: MapOptions;
  private readonly drawn = new Map<string, Drawn>();
  private readonly glyphs = new Map<MarkerKind, Path2D>();
  private frame = 0;
  private isFitted = false;

  constructor(container: HTMLElement, options: MapOptions) {
    this.options = options;
    this.map = L.map(container, { attributionControl: false, zoomControl: true, zoomSnap: 0.25, preferCanvas: true, keyboard: true });
    this.canvas = L.DomUtil.create("canvas", "map-things", this.map.getContainer());
    for (const [kind, path] of Object.entries(GLYPHS)) this.glyphs.set(kind as MarkerKind, new Path2D(path));
    this.map.on("move zoom resize viewreset", () => this.wake());
    this.map.on("click", (event: L.LeafletMouseEvent) => this.clicked(event));
  }

  addLayer(layer: L.Layer): void {
    layer.addTo(this.map);
  }

  show(markers: readonly Marker[]): void {
    const now = performance.now();
    const ids = new Set(markers.map((marker) => marker.id));
    for (const id of this.drawn.keys()) if (!ids.has(id)) this.drawn.delete(id);
    let isNew = false;
    for (const marker of markers) {
      const known = this.drawn.get(marker.id);
      if (known) {
        known.marker = marker;
        known.glider.aim(marker, now);
      } else {
        this.drawn.set(marker.id, { marker, glider: new Glider(marker, now) });
        isNew = true;
      }
    }
    if (markers.length && (!this.isFitted || (this.options.follows && (isNew || this.isOneOutside())))) this.fit();
    this.wake();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.map.remove();
  }

  // Draw at the next frame, and on while something moves.
  wake(): void {
    this.frame ||= requestAnimationFrame((now) => this.draw(now));
  }

  private fit(): void {
    const places = [...this.drawn.values()].map(({ marker }) => L.latLng(marker.latitude, marker.longitude));
    if (!places.length) return;
    this.map.fitBounds(L.latLngBounds(places), { padding: [PADDING, PADDING], maxZoom: CLOSEST_ZOOM, animate: false });
    this.isFitted = true;
  }

  private isOneOutside(): boolean {
    const bounds = this.map.getBounds();
    return [...this.drawn.values()].some(({ marker }) => !bounds.contains([marker.latitude, marker.longitude]));
  }

  private draw(now: number): void {
    this.frame = 0;
    if (!this.isFitted) return;
    const { x: width, y: height } = this.map.getSize();
    const scale = devicePixelRatio;
    if (this.canvas.width !== width * scale || this.canvas.height !== height * scale) {
      this.canvas.width = width * scale;
      this.canvas.height = height * scale;
    }
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.canvas);
    let isMoving = false;
    for (const { marker, glider } of this.drawn.values()) {
      const place = glider.at(now);
      const { x, y } = this.map.latLngToContainerPoint([place.latitude, place.longitude]);
      this.drawMarker(pen, style, marker, x, y);
      isMoving ||= glider.isMoving(now);
    }
    if (isMoving) this.wake();
  }

  private drawMarker(pen: CanvasRenderingContext2D, style: CSSStyleDeclaration, marker: Marker, x: number, y: number): void {
    const ink = marker.tone === "alert" ? "--alert" : INKS[marker.kind];
    pen.save();
    pen.translate(x, y);
    pen.beginPath();
    pen.arc(0, 0, RADIUS, 0, 2 * Math.PI);
    pen.fillStyle = style.getPropertyValue(ink);
    pen.fill();
    pen.lineWidth = 2;
    pen.strokeStyle = style.getPropertyValue("--surface");
    pen.stroke();
    pen.lineWidth = 1.6;
    pen.lineCap = "round";
    pen.lineJoin = "round";
    const glyph = this.glyphs.get(marker.kind);
    if (glyph) pen.stroke(glyph);
    if (marker.label) this.drawLabel(pen, style, marker.label);
    pen.restore();
  }

  private drawLabel(pen: CanvasRenderingContext2D, style: CSSStyleDeclaration, text: string): void {
    pen.font = `600 12px ${style.getPropertyValue("font-family")}`;
    pen.textAlign = "center";
    pen.lineWidth = 3;
    pen.strokeStyle = style.getPropertyValue("--surface");
    pen.strokeText(text, 0, RADIUS + 14);
    pen.fillStyle = style.getPropertyValue("--ink");
    pen.fillText(text, 0, RADIUS + 14);
  }

  private clicked({ latlng, containerPoint }: L.LeafletMouseEvent): void {
    this.options.onPick?.(latlng.lat, latlng.lng);
    if (!this.options.onChoose) return;
    const now = performance.now();
    for (const [id, { glider }] of this.drawn) {
      const place = glider.at(now);
      const at = this.map.latLngToContainerPoint([place.latitude, place.longitude]);
      if (at.distanceTo(containerPoint) <= RADIUS + 3) return this.options.onChoose(id);
    }
  }
}
