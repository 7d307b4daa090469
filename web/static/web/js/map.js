// A small map drawn by hand: no tiles, no foreign host. Couriers glide between two positions.

import { h, svg } from "./dom.js";
import { data } from "./words.js";

const METRES_PER_DEGREE = 111_320;
const MARGIN = 36;
const GLIDE_MS = 3_000;
const SMALLEST_METRES = 600;
const GLYPH = {
  shop: "M-6-1h12v7H-6zM-7-1l2-5H5l2 5M-2 6V2h4v4",
  door: "M-6 0 0-6 6 0M-4-1v7h8v-7M-1 6V3h2v3",
  courier: "M-6 4a2 2 0 1 0 0 .1M6 4a2 2 0 1 0 0 .1M-4 4h6l2-8h2M-6 0h4l2 4",
};

export class CityMap {
  constructor(container, { onPick } = {}) {
    this.container = container;
    this.places = new Map(); // id -> {kind, x, y, label, node, from, at}
    this.ground = svg("g");
    this.lines = svg("g");
    this.marks = svg("g");
    this.drawing = svg("svg", { role: "img" }, this.ground, this.lines, this.marks);
    this.routes = [];
    const thanks = data.attribution ? h("small", { class: "attribution" }, data.attribution) : "";
    container.replaceChildren(this.drawing, thanks);
    if (onPick) this.letPick(onPick);
    new ResizeObserver(() => this.fit()).observe(container);
  }

  // Metres east and north of the first place; exact enough for a city.
  project({ latitude, longitude }) {
    this.origin ??= { latitude, longitude };
    const squeeze = Math.cos((this.origin.latitude * Math.PI) / 180);
    return {
      x: (longitude - this.origin.longitude) * METRES_PER_DEGREE * squeeze,
      y: (this.origin.latitude - latitude) * METRES_PER_DEGREE,
    };
  }

  put(id, place, { kind, label = "", classes = "" } = {}) {
    const known = this.places.get(id);
    if (known) {
      known.node.setAttribute("class", `mark ${known.kind} ${classes}`);
      return this.glide(known, this.project(place));
    }
    const node = svg(
      "g",
      { class: `mark ${kind} ${classes}` },
      svg("circle", { r: 14 }),
      svg("path", { d: GLYPH[kind] }),
      label ? svg("text", { y: 28 }, label) : "",
    );
    this.marks.append(node);
    this.places.set(id, { kind, node, ...this.project(place) });
    this.fit();
  }

  remove(id) {
    this.places.get(id)?.node.remove();
    this.places.delete(id);
  }

  has(id) {
    return this.places.has(id);
  }

  route(from, to) {
    this.routes = [[from, to]];
    this.fit();
  }

  glide(place, target) {
    place.from = { x: place.x, y: place.y };
    place.target = target;
    place.startedAt = performance.now();
    if (!this.frame) this.frame = requestAnimationFrame((now) => this.step(now));
  }

  step(now) {
    this.frame = null;
    let moving = false;
    for (const place of this.places.values()) {
      if (!place.target) continue;
      const share = Math.min(1, (now - place.startedAt) / GLIDE_MS);
      place.x = place.from.x + (place.target.x - place.from.x) * share;
      place.y = place.from.y + (place.target.y - place.from.y) * share;
      if (share < 1) moving = true;
      else place.target = null;
    }
    if (this.isOutside()) this.fit();
    else this.drawMarks();
    if (moving) this.frame = requestAnimationFrame((later) => this.step(later));
  }

  isOutside() {
    const { width, height } = this.size;
    return [...this.places.values()].some((place) => {
      const { x, y } = this.onScreen(place);
      return x < 8 || y < 8 || x > width - 8 || y > height - 8;
    });
  }

  fit() {
    const { clientWidth: width, clientHeight: height } = this.container;
    if (!width || !this.places.size) return;
    this.size = { width, height };
    const xs = [...this.places.values()].map((place) => place.x);
    const ys = [...this.places.values()].map((place) => place.y);
    const spanX = Math.max(SMALLEST_METRES, Math.max(...xs) - Math.min(...xs));
    const spanY = Math.max(SMALLEST_METRES, Math.max(...ys) - Math.min(...ys));
    this.scale = Math.min((width - 2 * MARGIN) / spanX, (height - 2 * MARGIN) / spanY);
    this.middle = {
      x: (Math.max(...xs) + Math.min(...xs)) / 2,
      y: (Math.max(...ys) + Math.min(...ys)) / 2,
    };
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.drawGround();
    this.drawMarks();
  }

  onScreen({ x, y }) {
    return {
      x: this.size.width / 2 + (x - this.middle.x) * this.scale,
      y: this.size.height / 2 + (y - this.middle.y) * this.scale,
    };
  }

  drawMarks() {
    for (const place of this.places.values()) {
      const { x, y } = this.onScreen(place);
      place.node.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    }
    this.lines.replaceChildren(
      ...this.routes
        .filter((ends) => ends.every((id) => this.places.has(id)))
        .map((ends) => {
          const [a, b] = ends.map((id) => this.onScreen(this.places.get(id)));
          const bend = `${(a.x + b.x) / 2 + (b.y - a.y) * 0.12} ${(a.y + b.y) / 2 - (b.x - a.x) * 0.12}`;
          return svg("path", { class: "route", d: `M${a.x} ${a.y}Q${bend} ${b.x} ${b.y}` });
        }),
    );
  }

  // Blocks, a park and a river that stay where they are while the view moves over them.
  drawGround() {
    const { width, height } = this.size;
    const step = 260;
    const parts = [this.blob("park", -420, -260, 300, 190), this.blob("park", 900, 700, 360, 240)];
    parts.push(svg("path", { class: "water", d: this.river() }));
    const left = this.middle.x - width / 2 / this.scale;
    const top = this.middle.y - height / 2 / this.scale;
    const columns = Math.min(80, Math.ceil(width / this.scale / step) + 1);
    const rows = Math.min(80, Math.ceil(height / this.scale / step) + 1);
    const first = { x: Math.floor(left / step), y: Math.floor(top / step) };
    for (let index = first.x; index <= first.x + columns; index += 1) {
      const { x } = this.onScreen({ x: index * step + (index % 3) * 34, y: 0 });
      parts.push(this.road(`M${x} 0 ${x + (index % 2) * 18} ${height}`, index));
    }
    for (let index = first.y; index <= first.y + rows; index += 1) {
      const { y } = this.onScreen({ x: 0, y: index * step + (index % 3) * 27 });
      parts.push(this.road(`M0 ${y} ${width} ${y + (index % 2) * 12}`, index));
    }
    this.ground.replaceChildren(...parts);
  }

  road(d, index) {
    const wide = index % 4 === 0 ? 26 : 12;
    return svg("path", { class: "road", d, "stroke-width": Math.max(1.5, wide * this.scale) });
  }

  blob(kind, x, y, rx, ry) {
    const at = this.onScreen({ x, y });
    return svg("ellipse", { class: kind, cx: at.x, cy: at.y, rx: rx * this.scale, ry: ry * this.scale });
  }

  river() {
    const points = [[-9000, 1500], [-2500, 1150], [-600, 1480], [1500, 1180], [9000, 1700]];
    const banks = [...points, ...points.map(([x, y]) => [x, y + 170]).reverse()];
    return `M${banks.map(([x, y]) => Object.values(this.onScreen({ x, y })).join(" ")).join("L")}Z`;
  }

  letPick(onPick) {
    const pick = (event) => {
      const box = this.drawing.getBoundingClientRect();
      const x = this.middle.x + (event.clientX - box.left - box.width / 2) / this.scale;
      const y = this.middle.y + (event.clientY - box.top - box.height / 2) / this.scale;
      const squeeze = Math.cos((this.origin.latitude * Math.PI) / 180);
      onPick({
        latitude: this.origin.latitude - y / METRES_PER_DEGREE,
        longitude: this.origin.longitude + x / (METRES_PER_DEGREE * squeeze),
      });
    };
    this.drawing.addEventListener("pointerdown", (event) => {
      this.drawing.setPointerCapture(event.pointerId);
      pick(event);
    });
    this.drawing.addEventListener("pointermove", (event) => {
      if (event.buttons) pick(event);
    });
  }

  // Put a place at once, without gliding: it follows a finger.
  set(id, place) {
    const known = this.places.get(id);
    Object.assign(known, this.project(place), { target: null });
    this.drawMarks();
  }
}
