// Rings that run empty until a moment of business time.

import { h, svg } from "./dom.js";

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
  }, TICK_MS);
}

function shortText(seconds) {
  if (seconds < 60) return String(seconds);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
