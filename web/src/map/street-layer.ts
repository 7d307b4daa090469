// The ground of the map: the city's streets, drawn once a tile and level, with more of them the closer one is.

import L from "leaflet";

import { StreetNames } from "./street-names";
import { CORNER } from "./streets";
import type { Lines, Streets } from "./streets";

interface Look {
  readonly from: number; // the zoom from which it is drawn
  readonly width: number; // at zoom 16
  readonly ink: string;
  readonly isEdged: boolean;
}

// As the classes of the file: motorways, main streets, their feeders, small streets, yards, ways on foot.
const LOOKS: readonly Look[] = [
  { from: 0, width: 10, ink: "--road-fast", isEdged: true },
  { from: 0, width: 9, ink: "--road", isEdged: true },
  { from: 11.5, width: 8, ink: "--road", isEdged: true },
  { from: 13, width: 6, ink: "--road", isEdged: true },
  { from: 15, width: 3, ink: "--road", isEdged: false },
  { from: 16, width: 1.4, ink: "--road-edge", isEdged: false },
];
const GROWTH = 1.5; // a level
const THINNEST = 0.8;
const EDGED_FROM = 13;
const NAME_PX = 11;
const MOST_SCALE = 3;

export class StreetLayer extends L.GridLayer {
  private readonly streets: Streets;
  private readonly names: StreetNames;
  private readonly scheme = matchMedia("(prefers-color-scheme: dark)");
  private readonly repaint = () => void this.redraw();

  constructor(streets: Streets, font: string) {
    super({ tileSize: 256, updateWhenZooming: false, keepBuffer: 3, className: "streets" });
    this.streets = streets;
    const pen = document.createElement("canvas").getContext("2d")!;
    pen.font = `${NAME_PX}px ${font}`;
    this.names = new StreetNames(streets, (text) => pen.measureText(text).width);
    this.font = pen.font;
  }

  private readonly font: string;

  override onAdd(map: L.Map): this {
    this.scheme.addEventListener("change", this.repaint);
    return super.onAdd(map);
  }

  override onRemove(map: L.Map): this {
    this.scheme.removeEventListener("change", this.repaint);
    return super.onRemove(map);
  }

  protected override createTile(coords: L.Coords): HTMLElement {
    const tile = document.createElement("canvas");
    const { x: size } = this.getTileSize();
    const ratio = Math.min(MOST_SCALE, devicePixelRatio);
    tile.width = tile.height = size * ratio;
    const pen = tile.getContext("2d")!;
    const scale = 2 ** coords.z;
    const left = coords.x * size - CORNER.x * scale;
    const top = coords.y * size - CORNER.y * scale;
    pen.setTransform(ratio, 0, 0, ratio, -left * ratio, -top * ratio);
    pen.lineCap = pen.lineJoin = "round";
    this.drawStreets(pen, coords.z, { left, top, right: left + size, bottom: top + size });
    return tile;
  }

  private drawStreets(pen: CanvasRenderingContext2D, zoom: number, box: Box): void {
    const style = getComputedStyle(document.documentElement);
    const shown = LOOKS.flatMap((look, rank) => {
      const lines = this.streets.classes[rank];
      if (zoom < look.from || !lines) return [];
      const width = Math.max(THINNEST, look.width * GROWTH ** (zoom - 16));
      return [{ look, width, path: pathOf(lines, zoom, box, width) }];
    }).reverse();
    pen.strokeStyle = style.getPropertyValue("--road-edge");
    for (const { look, width, path } of shown) {
      if (!look.isEdged || zoom < EDGED_FROM) continue;
      pen.lineWidth = width + 1.5;
      pen.stroke(path);
    }
    for (const { look, width, path } of shown) {
      pen.strokeStyle = style.getPropertyValue(look.ink);
      pen.lineWidth = width;
      pen.stroke(path);
    }
    this.drawNames(pen, style, zoom, box);
  }

  private drawNames(pen: CanvasRenderingContext2D, style: CSSStyleDeclaration, zoom: number, box: Box): void {
    pen.font = this.font;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 3;
    pen.strokeStyle = style.getPropertyValue("--road");
    pen.fillStyle = style.getPropertyValue("--muted");
    for (const { text, x, y, angle, reach } of this.names.at(zoom)) {
      if (x + reach < box.left || x - reach > box.right || y + reach < box.top || y - reach > box.bottom) continue;
      pen.save();
      pen.translate(x, y);
      pen.rotate(angle);
      pen.strokeText(text, 0, 0);
      pen.fillText(text, 0, 0);
      pen.restore();
    }
  }
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

// What of the lines touches the box, which is in pixels of the zoom.
function pathOf(lines: Lines, zoom: number, box: Box, width: number): Path2D {
  const { starts, xs, ys, boxes } = lines;
  const scale = 2 ** zoom;
  const [left, top, right, bottom] = [box.left - width, box.top - width, box.right + width, box.bottom + width].map((side) => side / scale) as [number, number, number, number];
  const path = new Path2D();
  for (let line = 0; line < starts.length - 1; line += 1) {
    const at = line * 4;
    if (boxes[at]! > right || boxes[at + 1]! > bottom || boxes[at + 2]! < left || boxes[at + 3]! < top) continue;
    path.moveTo(xs[starts[line]!]! * scale, ys[starts[line]!]! * scale);
    for (let point = starts[line]! + 1; point < starts[line + 1]!; point += 1) path.lineTo(xs[point]! * scale, ys[point]! * scale);
  }
  return path;
}
