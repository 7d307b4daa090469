// The storefront: a menu, a basket, a price that the server names, and the order.

import { byId, h, keyed } from "./dom.js";
import { CityMap } from "./map.js";
import { explain } from "./overlays.js";
import { get, post } from "./shell.js";
import { data, dateAndTimeOf, money, t, word } from "./words.js";

const QUOTE_AFTER_MS = 300;
const { merchant, items, contact } = data;
const LOOK_AGAIN_MS = 30_000;
const kept = `basket:${merchant.id}`;

const basket = new Map(Object.entries(JSON.parse(sessionStorage.getItem(kept) ?? "{}")));
const choices = { fulfilment: "delivery", payment_method: data.online_payment ? "online" : "cash" };
const dropoff = startingPlace();
let standing = data.standing;
let map = null;
let quote = null;
let quoteTimer = null;
let asked = 0;

// Until the person says where they are: a little beside the shop, inside its zone.
function startingPlace() {
  const last = JSON.parse(localStorage.getItem("dropoff") ?? "null");
  const near = last && Math.hypot(last.latitude - merchant.latitude, last.longitude - merchant.longitude) < 0.1;
  if (near) return last;
  return { address: "", latitude: merchant.latitude + 0.006, longitude: merchant.longitude + 0.007 };
}

function change(item, step) {
  const count = Math.max(0, Math.min(99, (basket.get(item.id) ?? 0) + step));
  if (count) basket.set(item.id, count);
  else basket.delete(item.id);
  sessionStorage.setItem(kept, JSON.stringify(Object.fromEntries(basket)));
  showMenu();
  showBasket();
  askPrice();
}

function stepper(item) {
  const count = basket.get(item.id) ?? 0;
  const can = item.is_available && standing.is_taking_orders;
  return h(
    "div",
    { class: "stepper" },
    count ? h("button", { class: "round", "data-deed": "less", "aria-label": t("shop.less", { name: item.name }), onclick: () => change(item, -1) }, "−") : "",
    count ? h("output", {}, count) : "",
    can ? h("button", { class: "round main", "data-deed": "more", "aria-label": t("shop.more", { name: item.name }), onclick: () => change(item, 1) }, "+") : "",
    item.is_available ? "" : h("span", { class: "badge" }, t("shop.sold_out")),
  );
}

function showMenu() {
  keyed(byId("menu"), items, {
    key: (item) => item.id,
    stamp: (item) => `${basket.get(item.id) ?? 0} ${standing.is_taking_orders}`,
    build: (item) =>
      h(
        "li",
        { class: `dish ${item.is_available ? "" : "sold-out"}` },
        h("div", {}, h("h3", {}, item.name), h("p", { class: "muted small" }, item.description), h("p", { class: "number" }, money(item.price_minor, merchant.currency))),
        stepper(item),
      ),
  });
}

// Why nothing can be ordered and when it can again, or that it takes longer just now.
function showStanding() {
  const { why, again_at: againAt, busy_minutes: busy } = standing;
  const notes = [];
  if (why) {
    const text = againAt || why === "unreachable" ? why : "closed";
    notes.push(h("p", { class: "note warn", "data-why": why }, t(`shop.${text}`, { time: againAt ? dateAndTimeOf(againAt) : "" })));
  } else if (busy) notes.push(h("p", { class: "note", "data-busy": busy }, t("shop.busy", { n: busy })));
  byId("standing").replaceChildren(...notes);
  showMenu();
}

async function lookAgain() {
  if (document.hidden) return;
  const before = JSON.stringify(standing);
  standing = await get(`/api/v1/merchants/${merchant.id}`).catch(() => standing);
  if (JSON.stringify(standing) === before) return;
  showStanding();
  askPrice();
}

function radios(name, values, group) {
  return h(
    "fieldset",
    { class: "choices", "aria-label": t(`shop.${name}`) },
    values.map((value) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name,
          value,
          checked: choices[name] === value,
          onchange: () => {
            choices[name] = value;
            showDoor();
            askPrice();
          },
        }),
        word(group, value),
      ),
    ),
  );
}

// A field that nobody sees must not be asked for either.
function showDoor() {
  const delivered = choices.fulfilment === "delivery";
  byId("door").hidden = !delivered;
  byId("basket").elements.address.disabled = !delivered;
  const mayStay = delivered && choices.payment_method === "online"; // cash is paid hand to hand
  byId("contactless").hidden = !mayStay;
  byId("basket").elements.contactless.disabled = !mayStay;
}

function field(name, label, value, more = {}) {
  return h("label", {}, label, h("input", { name, value, required: true, ...more }));
}

function buildBasket() {
  const payments = data.online_payment ? ["online", "cash"] : ["cash"];
  byId("basket").append(
    h("h2", {}, t("shop.basket")),
    h("ul", { class: "lines", id: "chosen" }),
    h("div", { class: "stack", id: "checkout", hidden: true },
      radios("fulfilment", ["delivery", "pickup"], "fulfilment"),
      h("div", { class: "stack", id: "door" },
        field("address", t("shop.address"), dropoff.address, { autocomplete: "street-address", oninput: askPrice }),
        h("div", { class: "map", id: "map" }),
        h("p", { class: "muted small" }, t("shop.map_hint")),
      ),
      field("name", t("shop.name"), contact.name, { autocomplete: "name", maxlength: 80 }),
      field("phone", t("shop.phone"), contact.phone, { autocomplete: "tel", type: "tel" }),
      field("note", t("shop.note"), "", { required: false, maxlength: 300 }),
      radios("payment_method", payments, "payment_methods"),
      h("label", { class: "row", id: "contactless" }, h("input", { type: "checkbox", name: "contactless" }), t("shop.contactless")),
      h("dl", { class: "facts", id: "price" }),
      h("button", { class: "main big", id: "place", disabled: true }, t("shop.place")),
    ),
  );
  byId("basket").addEventListener("submit", place);
  showDoor();
}

function showMap() {
  if (map) return;
  map = new CityMap(byId("map"), { onPick: pick });
  map.put("shop", merchant, { kind: "shop", label: merchant.name });
  map.put("door", dropoff, { kind: "door" });
  map.route("shop", "door");
}

function pick(place) {
  Object.assign(dropoff, place);
  map.set("door", place);
  askPrice();
}

function showBasket() {
  const chosen = items.filter((item) => basket.get(item.id));
  byId("checkout").hidden = chosen.length === 0;
  const rows = chosen.length ? chosen : [null];
  keyed(byId("chosen"), rows, {
    key: (item) => item?.id ?? "none",
    stamp: (item) => (item ? basket.get(item.id) : 0),
    build: (item) =>
      item
        ? h("li", {}, h("span", { class: "times" }, `${basket.get(item.id)}×`), item.name, h("span", { class: "price" }, money(item.price_minor * basket.get(item.id), merchant.currency)))
        : h("li", { class: "muted" }, t("shop.empty")),
  });
  if (chosen.length) showMap();
}

function askPrice() {
  quote = null;
  byId("place").disabled = true;
  clearTimeout(quoteTimer);
  if (basket.size) quoteTimer = setTimeout(fetchQuote, QUOTE_AFTER_MS);
}

async function fetchQuote() {
  const form = byId("basket").elements;
  const delivered = choices.fulfilment === "delivery";
  if (delivered && !form.address.value.trim()) return showPrice(t("shop.address_first"));
  const number = ++asked;
  try {
    const answer = await post("/api/v1/quotes", {
      merchant_id: merchant.id,
      fulfilment: choices.fulfilment,
      lines: [...basket].map(([item_id, quantity]) => ({ item_id, quantity })),
      dropoff: delivered ? { ...dropoff, address: form.address.value.trim() } : null,
    });
    if (number !== asked) return;
    quote = answer;
    byId("place").disabled = false;
    showPrice();
  } catch (error) {
    if (number === asked) showPrice(word("errors", error.code ?? "") || error.message);
  }
}

function showPrice(refusal) {
  if (refusal) return byId("price").replaceChildren(h("dd", { class: "note warn" }, refusal));
  const rows = [
    [t("shop.items"), money(quote.items_minor, quote.currency)],
    [t("shop.fee"), money(quote.delivery_fee_minor, quote.currency)],
    [t("shop.promise"), t("shop.minutes", { n: quote.promised_minutes })],
    ...(quote.busy_minutes ? [[t("shop.busy_share"), t("shop.minutes", { n: quote.busy_minutes })]] : []),
    [h("b", { class: "total" }, t("shop.total")), h("b", { class: "total" }, money(quote.total_minor, quote.currency))],
  ];
  byId("price").replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", { class: "number" }, value)]));
}

// Pressing twice, or again after a lost answer, is still the same order.
async function keyOf(wanted) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(wanted)));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function place(event) {
  event.preventDefault();
  if (!quote || !byId("basket").reportValidity()) return;
  const form = byId("basket").elements;
  const button = byId("place");
  button.disabled = true;
  try {
    const wanted = {
      quote: quote.quote,
      payment_method: choices.payment_method,
      contact: { name: form.name.value.trim(), phone: form.phone.value.trim() },
      note: form.note.value.trim(),
      contactless: !form.contactless.disabled && form.contactless.checked,
    };
    const { order } = await post("/api/v1/orders", wanted, await keyOf(wanted));
    sessionStorage.removeItem(kept);
    localStorage.setItem("dropoff", JSON.stringify({ ...dropoff, address: form.address.value.trim() }));
    location.href = `/orders/${order.id}`;
  } catch (error) {
    explain(error);
    askPrice();
    lookAgain();
  }
}

buildBasket();
showStanding();
setInterval(lookAgain, LOOK_AGAIN_MS);
document.addEventListener("visibilitychange", lookAgain);
showBasket();
askPrice();
