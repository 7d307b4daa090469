// The streets of the bundled city, as `manage.py build_map` stored them: read once, by the first map that
// shows the city. Places are in pixels of the whole world at zoom 0, measured from the city's corner.

import about from "./city.json";
import packed from "./city.lines?url";

export const CITY = about as { name: string; attribution: string; bounds: [south: number, west: number, north: number, east: number] };

const PER_DEGREE = 100_000;
const TILE = 256;
const CLASSES = 6;

// Lines of one class of road, the widest class first.
export interface Lines {
  readonly starts: Uint32Array; // where each line's points begin; one more than there are lines
  readonly names: Uint16Array;
  readonly xs: Float32Array;
  readonly ys: Float32Array;
  readonly boxes: Float32Array; // of each line: left, top, right, bottom
}

export interface Streets {
  readonly names: readonly string[];
  readonly classes: readonly Lines[];
}

// Web Mercator, as pixels of the world at zoom 0.
export function worldX(longitude: number): number {
  return (TILE * (longitude + 180)) / 360;
}

export function worldY(latitude: number): number {
  const sine = Math.sin((latitude * Math.PI) / 180);
  return TILE * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
}

export const CORNER = { x: worldX(CITY.bounds[1]), y: worldY(CITY.bounds[2]) };

let reading: Promise<Streets> | null = null;

// Rejects where the file cannot be had or the browser cannot unpack it; the next map tries again.
export function streets(): Promise<Streets> {
  reading ??= read().catch((error: unknown) => {
    reading = null;
    throw error;
  });
  return reading;
}

async function read(): Promise<Streets> {
  const answer = await fetch(packed);
  if (!answer.ok || !answer.body) throw new Error(`streets: ${answer.status}`);
  const unpacked = answer.body.pipeThrough(new DecompressionStream("gzip"));
  return decoded(new Uint8Array(await new Response(unpacked).arrayBuffer()));
}

function decoded(bytes: Uint8Array): Streets {
  const numbers = new Numbers(bytes);
  const names = ["", ...numbers.text(numbers.next()).split("\n")];
  const place = { north: 0, east: 0 };
  const classes = Array.from({ length: CLASSES }, () => linesOf(numbers, place));
  return { names, classes };
}

function linesOf(numbers: Numbers, place: { north: number; east: number }): Lines {
  const count = numbers.next();
  const starts = new Uint32Array(count + 1);
  const names = new Uint16Array(count);
  const boxes = new Float32Array(count * 4);
  const xs: number[] = [];
  const ys: number[] = [];
  for (let line = 0; line < count; line += 1) {
    names[line] = numbers.next();
    const first = xs.length;
    for (let left = numbers.next(); left > 0; left -= 1) {
      place.north += numbers.signed();
      place.east += numbers.signed();
      xs.push(worldX(place.east / PER_DEGREE) - CORNER.x);
      ys.push(worldY(place.north / PER_DEGREE) - CORNER.y);
    }
    starts[line + 1] = xs.length;
    const ownX = xs.slice(first);
    const ownY = ys.slice(first);
    boxes.set([Math.min(...ownX), Math.min(...ownY), Math.max(...ownX), Math.max(...ownY)], line * 4);
  }
  return { starts, names, xs: Float32Array.from(xs), ys: Float32Array.from(ys), boxes };
}

// Numbers of seven bits a byte, the low ones first.
class Numbers {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  next(): number {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++] ?? 0;
      number |= (byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
  }

  signed(): number {
    const number = this.next();
    return number % 2 ? -(number + 1) / 2 : number / 2;
  }

  text(length: number): string {
    const start = this.at;
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(start, this.at));
  }
}
