// What every page has: the socket, its freshness, the inbox, and values in the page's language.

import { httpTicket, pageHub } from "../realtime.js";
import { runCountdowns } from "./countdown.js";
import { byId, h, keyed } from "./dom.js";
import { health } from "./health.js";
import { toast } from "./overlays.js";
import { endSubscription, keepSubscription } from "./push-device.js";
import { data, dateAndTimeOf, money, t, timeOf, word } from "./words.js";

const PAGE = document.documentElement.dataset;
// The page of a share link is a guest's, even for somebody who is logged in.
const SHARE = data.share;
const PERSON = SHARE ? "" : PAGE.person;
const TONE = { live: "good", reconnecting: "warn", connecting: "", refused: "alert" };
const LEAVE_MS = 3_000;
// States of the connection that the badge shows as another one, with words of their own.
const SHOWN_AS = { replayed: "live", offline: "reconnecting" };

const listeners = [];
let sayEnded = () => toast(t("freshness.log_in_again"), "alert");

export const me = PERSON;
export const hub = PERSON || SHARE ? pageHub(optionsOf()) : null;
export const notices = new Map(); // receipt -> notice, as long as it is open

function optionsOf() {
  const all = { clockSpeed: Number(PAGE.clockSpeed), onFreshness: showFreshness };
  return SHARE
    ? { ...all, session: false, ticket: httpTicket({ base: "", share: SHARE }) }
    : { ...all, csrf: () => PAGE.csrf, health };
}

// Call `listener` when the server lets the page connect no more.
export function onEnded(listener) {
  sayEnded = listener;
}

function showFreshness({ state, since, count }) {
  const badge = byId("freshness");
  const shown = SHOWN_AS[state] ?? state;
  badge.dataset.state = shown;
  badge.dataset.transport = hub.transport;
  badge.className = `badge freshness ${TONE[shown]}`;
  badge.textContent = t(`freshness.${state}`, { n: count });
  badge.title = timeOf(new Date(since).toISOString());
  if (count) badge.dataset.replayed = count;
  if (state === "refused") sayEnded();
}

// Call `listener` after every change of the open notices.
export function onNotices(listener) {
  listeners.push(listener);
  listener();
}

// Tell the server and every other device that somebody is on it.
export function acknowledge(list) {
  hub.act(list.map((notice) => notice.receipt));
}

function showNotices(rows) {
  notices.clear();
  for (const { d } of rows) notices.set(d.receipt, d);
  const open = [...notices.values()].sort((a, b) => b.created_at.localeCompare(a.created_at));
  const count = byId("bell-count");
  count.hidden = open.length === 0;
  count.textContent = open.length > 99 ? "99+" : open.length;
  showInbox(open);
  tellWorker(open);
  for (const listener of listeners) listener();
}

// The service worker closes what is shown on the device of notices that need nobody any more.
function tellWorker(open) {
  const message = { kind: "open_notices", ids: open.map(({ id }) => id) };
  navigator.serviceWorker?.controller?.postMessage(message);
}

function settingsLink() {
  return h("p", { class: "small" }, h("a", { href: "/settings" }, t("home.settings")));
}

function showInbox(open) {
  const inbox = byId("inbox");
  if (!open.length) return inbox.replaceChildren(h("p", { class: "empty" }, t("inbox.none")), settingsLink());
  let list = inbox.querySelector("ul");
  if (!list) {
    list = h("ul");
    inbox.replaceChildren(list, settingsLink());
  }
  keyed(list, open, {
    key: (notice) => notice.id,
    stamp: (notice) => notice.created_at,
    build: (notice) =>
      h(
        "li",
        {},
        h("p", { class: "spread" }, h("b", {}, notice.title), h("time", { class: "muted small" }, timeOf(notice.created_at))),
        h("p", { class: "muted" }, notice.body),
        h(
          "p",
          { class: "row small" },
          notice.url ? h("a", { href: notice.url }, t("inbox.look")) : "",
          notice.action ? h("a", { class: "button", href: notice.action.url }, notice.action.title) : "",
          notice.needs_act
            ? h("button", { class: "plain", onclick: () => acknowledge([notice]) }, t("inbox.acknowledge"))
            : "",
        ),
      ),
  });
}

function openInbox() {
  const bell = byId("bell");
  const inbox = byId("inbox");
  const opens = inbox.hidden;
  inbox.hidden = !opens;
  bell.setAttribute("aria-expanded", opens);
  if (opens) hub.seen([...notices.keys()].slice(0, 100));
}

// The same `key` again is answered again, not carried out again.
export async function post(path, body = {}, key = crypto.randomUUID()) {
  const response = await fetch(path, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": PAGE.csrf,
      "Idempotency-Key": key,
    },
    body: JSON.stringify(body),
  });
  return answerOf(response);
}

export async function get(path) {
  return answerOf(await fetch(path, { headers: { Accept: "application/json" } }));
}

async function answerOf(response) {
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw Object.assign(new Error(answer.detail ?? response.statusText), answer);
}

// Values that the server wrote down without knowing the reader's clock.
function writeValues() {
  for (const place of document.querySelectorAll("[data-money]")) {
    place.textContent = money(Number(place.dataset.money), place.dataset.currency);
  }
  for (const place of document.querySelectorAll("[data-time]")) {
    place.textContent = dateAndTimeOf(place.dataset.time);
  }
  for (const place of document.querySelectorAll("[data-state-word]")) {
    place.textContent = word("states", place.dataset.stateWord);
  }
}

// A notice that was tapped has been seen, whatever page it led to.
function noteTap() {
  const here = new URL(location.href);
  const tapped = here.searchParams.get("notice");
  if (tapped) {
    here.searchParams.delete("notice");
    history.replaceState(history.state, "", here);
    saySeen(tapped);
  }
  navigator.serviceWorker?.addEventListener("message", (event) => event.data?.seen && saySeen(event.data.seen));
}

function saySeen(id) {
  post(`/api/v1/notices/${id}/seen`).catch(() => null);
}

// What the service worker says of a push that nobody can read.
export function pushWords() {
  return { title: t("brand"), body: t("shell.unread_push") };
}

// Whoever logs out on a device is pushed to on it no more; a server that is away keeps nobody in.
async function leave(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const patience = new Promise((resolve) => setTimeout(resolve, LEAVE_MS));
  await Promise.race([endSubscription(post).catch(() => {}), patience]);
  form.submit();
}

writeValues();
if (PERSON) {
  noteTap();
  keepSubscription(pushWords()).catch(() => {}); // tried again at the next visit
  byId("log-out")?.addEventListener("submit", leave);
  hub.join(`user:${PERSON}`, { onRows: showNotices });
  byId("bell").addEventListener("click", openInbox);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !byId("inbox").hidden) openInbox();
  });
}
if (hub) {
  runCountdowns(() => hub.now());
  setInterval(() => hub.tick(), 5_000);
}
