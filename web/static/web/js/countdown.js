// Rings that run empty, and sentences that count down, until a moment of business time.

import { h, svg } from "./dom.js";
import { word } from "./words.js";

const RADIUS = 26;
const AROUND = 2 * Math.PI * RADIUS;
const TICK_MS = 250;
const LONG_MS = 600_000; // seconds would not fit, and nobody counts them yet

let clock = null;

// `until` is ISO 8601; `spanSeconds` is what a full ring means.
export function countdown(until, spanSeconds, label) {
  const ring = h("div", { class: "countdown", role: "timer", "aria-label": label });
  ring.dataset.until = Date.parse(until);
  ring.dataset.span = spanSeconds * 1000;
  const circle = { cx: 30, cy: 30, r: RADIUS };
  ring.append(
    svg(
      "svg",
      { viewBox: "0 0 60 60", "aria-hidden": "true" },
      svg("circle", circle),
      svg("circle", { ...circle, "stroke-dasharray": AROUND }),
    ),
    h("span"),
  );
  if (clock) draw(ring, clock());
  return ring;
}

// What becomes of a live order by itself, and how soon; the server says which deadline is next.
export function dueLine(order) {
  const next = order.next_deadline;
  return next && order.open ? countdownLine(next.kind, next.due_at) : "";
}

// What `kind`, a group of words under `due`, does at `until` (ISO 8601), and how soon.
export function countdownLine(kind, until) {
  const line = h("p", { class: "due muted small", role: "timer", "data-due": kind });
  line.dataset.until = Date.parse(until);
  if (clock) say(line, clock());
  return line;
}

function say(line, nowMs) {
  const seconds = Math.ceil(Math.max(0, Number(line.dataset.until) - nowMs) / 1000);
  const text = word("due", line.dataset.due).replace("{time}", longText(seconds));
  if (line.textContent !== text) line.textContent = text;
}

function draw(ring, nowMs) {
  const left = Math.max(0, Number(ring.dataset.until) - nowMs);
  const share = Math.min(1, left / Number(ring.dataset.span));
  const seconds = Math.ceil(left / 1000);
  const text = left >= LONG_MS ? `${Math.floor(seconds / 60)}′` : shortText(seconds);
  const span = ring.lastElementChild;
  if (span.textContent !== text) span.textContent = text;
  ring.querySelector("circle + circle").style.strokeDashoffset = AROUND * (1 - share);
  ring.classList.toggle("soon", share < 0.5 && share >= 0.2);
  ring.classList.toggle("last", share < 0.2);
}

// Keep every ring of the page true; `now` answers business time in milliseconds.
export function runCountdowns(now) {
  clock = now;
  setInterval(() => {
    for (const ring of document.querySelectorAll(".countdown")) draw(ring, now());
    for (const line of document.querySelectorAll(".due")) say(line, now());
  }, TICK_MS);
}

function shortText(seconds) {
  if (seconds < 60) return String(seconds);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function longText(seconds) {
  const two = (value) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
