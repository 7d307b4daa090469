// The list of shops: nearest first, once the place is known.

import { byId } from "./dom.js";
import { toast } from "./overlays.js";
import "./shell.js";
import { distance, t } from "./words.js";

const EARTH_METRES = 6_371_009;

function metresBetween(a, b) {
  const rad = Math.PI / 180;
  const half =
    Math.sin(((b.latitude - a.latitude) * rad) / 2) ** 2 +
    Math.cos(a.latitude * rad) *
      Math.cos(b.latitude * rad) *
      Math.sin(((b.longitude - a.longitude) * rad) / 2) ** 2;
  return 2 * EARTH_METRES * Math.asin(Math.sqrt(half));
}

function sortFrom(here) {
  const list = byId("shops");
  const cards = [...list.children].map((card) => {
    const { latitude, longitude } = card.dataset;
    const metres = metresBetween(here, { latitude: Number(latitude), longitude: Number(longitude) });
    card.querySelector(".distance").textContent = distance(metres);
    return { card, metres };
  });
  cards.sort((a, b) => a.metres - b.metres);
  list.append(...cards.map(({ card }) => card));
}

byId("near").addEventListener("click", () => {
  const failed = () => toast(t("shops.no_place"), "alert");
  if (!navigator.geolocation) return failed();
  navigator.geolocation.getCurrentPosition(({ coords }) => sortFrom(coords), failed);
});
