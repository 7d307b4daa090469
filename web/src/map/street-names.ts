// Where the names of streets stand: on straight stretches long enough for them, none upon another. All tiles
// of a zoom ask the same plan, so that a name is whole across their edges.

import type { Lines, Streets } from "./streets";

export interface StreetName {
  readonly text: string;
  readonly x: number; // pixels of the zoom, from the city's corner
  readonly y: number;
  readonly angle: number;
  readonly reach: number; // half its length
}

const LEAST_ZOOM = 15;
const BENT_PX = 3; // so far may a stretch leave the straight line
const ROOM_PX = 14; // around each name
const APART_PX = 420; // the same name again

export class StreetNames {
  private readonly streets: Streets;
  private readonly measure: (text: string) => number;
  private readonly plans = new Map<number, readonly StreetName[]>();
  private readonly widths = new Map<string, number>();

  // `measure` tells how wide a name is written.
  constructor(streets: Streets, measure: (text: string) => number) {
    this.streets = streets;
    this.measure = measure;
  }

  at(zoom: number): readonly StreetName[] {
    if (zoom < LEAST_ZOOM) return [];
    const known = this.plans.get(zoom);
    if (known) return known;
    const plan = this.plan(2 ** zoom, zoom);
    this.plans.set(zoom, plan);
    return plan;
  }

  private plan(scale: number, zoom: number): readonly StreetName[] {
    const chosen: StreetName[] = [];
    const cells = new Map<string, StreetName[]>();
    const shown = zoom > LEAST_ZOOM ? this.streets.classes : this.streets.classes.slice(0, 3);
    for (const lines of shown) {
      for (let line = 0; line < lines.names.length; line += 1) {
        const name = lines.names[line] ? this.place(lines, line, scale) : null;
        if (name && isFree(cells, name)) chosen.push(name);
      }
    }
    return chosen;
  }

  // On the whole line when it is straight, else on its longest piece.
  private place(lines: Lines, line: number, scale: number): StreetName | null {
    const text = this.streets.names[lines.names[line] ?? 0] ?? "";
    const width = this.width(text);
    const first = lines.starts[line]!;
    const last = lines.starts[line + 1]! - 1;
    const piece = longest(lines, first, last);
    for (const [from, to] of [[first, last], [piece, piece + 1]] as const) {
      const stretch = straight(lines, from, to, scale);
      if (stretch && stretch.length > width + ROOM_PX) return { text, reach: width / 2, ...stretch };
    }
    return null;
  }

  private width(text: string): number {
    const known = this.widths.get(text) ?? this.measure(text);
    this.widths.set(text, known);
    return known;
  }
}

function longest({ xs, ys }: Lines, first: number, last: number): number {
  let best = first;
  let most = 0;
  for (let at = first; at < last; at += 1) {
    const length = Math.hypot(xs[at + 1]! - xs[at]!, ys[at + 1]! - ys[at]!);
    if (length > most) [best, most] = [at, length];
  }
  return best;
}

// The middle of the way from one point to another, if it hardly bends.
function straight(lines: Lines, first: number, last: number, scale: number) {
  const x = lines.xs[first]! * scale;
  const y = lines.ys[first]! * scale;
  const right = lines.xs[last]! * scale - x;
  const down = lines.ys[last]! * scale - y;
  const length = Math.hypot(right, down);
  for (let at = first + 1; at < last; at += 1) {
    const off = Math.abs((lines.xs[at]! * scale - x) * down - (lines.ys[at]! * scale - y) * right) / length;
    if (!(off <= BENT_PX)) return null;
  }
  const angle = Math.atan(down / (right || 1e-6));
  return { x: x + right / 2, y: y + down / 2, angle, length };
}

// Whether no name is near, and the same one not for a while; then it takes the room.
function isFree(cells: Map<string, StreetName[]>, name: StreetName): boolean {
  const column = Math.floor(name.x / APART_PX);
  const row = Math.floor(name.y / APART_PX);
  for (let across = -1; across <= 1; across += 1) {
    for (let down = -1; down <= 1; down += 1) {
      for (const other of cells.get(`${column + across} ${row + down}`) ?? []) if (isClose(name, other)) return false;
    }
  }
  const key = `${column} ${row}`;
  cells.set(key, [...(cells.get(key) ?? []), name]);
  return true;
}

function isClose(one: StreetName, other: StreetName): boolean {
  const across = Math.abs(one.x - other.x);
  const down = Math.abs(one.y - other.y);
  if (one.text === other.text) return Math.hypot(across, down) < APART_PX;
  const width = spanOf(one, Math.cos) + spanOf(other, Math.cos);
  const height = spanOf(one, Math.sin) + spanOf(other, Math.sin);
  return across < width && down < height;
}

function spanOf({ angle, reach }: StreetName, side: (angle: number) => number): number {
  return Math.abs(side(angle)) * reach + ROOM_PX / 2;
}
