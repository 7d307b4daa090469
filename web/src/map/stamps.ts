// How the things of a map look: each look is drawn once, and stamped from then on.

import type { Marker, MarkerKind } from "./markers";

export const RADIUS = 13;

const GLYPHS: Record<MarkerKind, string> = {
  shop: "M-6-1V6H6v-7M-7-2l2-4H5l2 4a2.3 2.3 0 0 1-4.7 0 2.3 2.3 0 0 1-4.6 0A2.3 2.3 0 0 1-7-2z",
  door: "M-7 0 0-6.5 7 0M-4.5-1.5V6h9v-7.5M-1.5 6V2h3v4",
  courier: "M-8 3a2.7 2.7 0 1 0 5.4 0 2.7 2.7 0 1 0-5.4 0M2.6 3a2.7 2.7 0 1 0 5.4 0 2.7 2.7 0 1 0-5.4 0M-5.3 3l2-5H2l3.3 5M-1.5 3 2-2 1-5.5h2.5",
  order: "M-5-4.5H5V6H-5zM-2.5-4.5v-1h5v1M-2.5-.5h5M-2.5 2.5h3",
};
const INKS: Record<MarkerKind, string> = { shop: "--accent", door: "--info", courier: "--ink", order: "--warn" };
const EDGE = 3;
const NAME_GAP = 9;
const MOST_NAME_PX = 150;

export interface Stamp {
  readonly image: HTMLCanvasElement;
  readonly x: number; // from the place to its left upper corner, in CSS pixels
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class Stamps {
  private readonly style: CSSStyleDeclaration;
  private readonly made = new Map<string, Stamp>();
  private readonly glyphs = new Map<MarkerKind, Path2D>();

  // `style`: of the element the map lies in; it follows the colour scheme.
  constructor(style: CSSStyleDeclaration) {
    this.style = style;
    for (const [kind, path] of Object.entries(GLYPHS)) this.glyphs.set(kind as MarkerKind, new Path2D(path));
  }

  forget(): void {
    this.made.clear();
  }

  of({ kind, tone = "", label: name = "" }: Marker, isNamed: boolean): Stamp {
    const label = isNamed ? name : "";
    const key = `${kind} ${tone} ${label}`;
    let stamp = this.made.get(key);
    if (!stamp) this.made.set(key, (stamp = this.make(kind, tone, label)));
    return stamp;
  }

  private ink(name: string): string {
    return this.style.getPropertyValue(name);
  }

  private make(kind: MarkerKind, tone: string, label: string): Stamp {
    const image = document.createElement("canvas");
    const pen = image.getContext("2d")!;
    const font = `600 12px ${this.style.fontFamily}`;
    pen.font = font;
    const name = label ? Math.min(MOST_NAME_PX, pen.measureText(label).width) + 2 * EDGE : 0;
    const width = Math.ceil(Math.max(2 * (RADIUS + EDGE), name));
    const height = 2 * (RADIUS + EDGE) + (label ? 16 : 0);
    image.width = width * devicePixelRatio;
    image.height = height * devicePixelRatio;
    pen.scale(devicePixelRatio, devicePixelRatio);
    pen.translate(width / 2, RADIUS + EDGE);
    this.drawDisc(pen, kind, tone);
    if (label) this.drawName(pen, font, label);
    return { image, x: -width / 2, y: -RADIUS - EDGE, width, height };
  }

  private drawDisc(pen: CanvasRenderingContext2D, kind: MarkerKind, tone: string): void {
    pen.lineJoin = pen.lineCap = "round";
    pen.beginPath();
    pen.arc(0, 0, RADIUS, 0, 2 * Math.PI);
    pen.fillStyle = this.ink(tone === "alert" ? "--alert" : tone === "busy" ? "--accent" : INKS[kind]);
    pen.fill();
    pen.lineWidth = 2;
    pen.strokeStyle = this.ink("--surface");
    pen.stroke();
    pen.lineWidth = 1.5;
    const glyph = this.glyphs.get(kind);
    if (glyph) pen.stroke(glyph);
  }

  private drawName(pen: CanvasRenderingContext2D, font: string, label: string): void {
    pen.font = font;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 4;
    pen.strokeStyle = this.ink("--surface");
    pen.strokeText(label, 0, RADIUS + NAME_GAP, MOST_NAME_PX);
    pen.fillStyle = this.ink("--ink");
    pen.fillText(label, 0, RADIUS + NAME_GAP, MOST_NAME_PX);
  }
}
