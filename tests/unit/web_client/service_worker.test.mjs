// The service worker: what it shows, opens, asks and closes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ORIGIN, Subscription, worker } from "./worker_world.mjs";

const NOTICE = {
  id: "n1",
  tag: "n1",
  title: "New order",
  body: "#17",
  url: "/board/7",
  act: { token: "signed", label: "Got it" },
  action: { url: "/orders/17", title: "Look" },
};
const WORDS = { title: "派单", body: "有新消息" };
const KEY = "BBBB";

test("a push shows its words, its buttons and its tag", async () => {
  const world = worker();
  await world.push(JSON.stringify({ ...NOTICE, loud: true }));
  const [shown] = world.shown;
  assert.deepEqual([shown.title, shown.body, shown.tag, shown.renotify, shown.silent], ["New order", "#17", "n1", true, false]);
  assert.deepEqual(Array.from(shown.actions, ({ action, title }) => [action, title]), [["act", "Look"], ["acknowledge", "Got it"]]);
});

test("a repeat that did not climb, and one in quiet hours, do not ring again", async () => {
  const world = worker();
  await world.push(JSON.stringify(NOTICE));
  await world.push(JSON.stringify({ ...NOTICE, loud: true, silent: true }));
  assert.deepEqual(world.shown.map(({ renotify }) => renotify), [false, false]);
});

for (const broken of ["no JSON {", "null", "7", "[]", '{"title":{}}', '{"title":"x","action":5}', null]) {
  test(`a push that holds ${broken} shows a general notice in the page's language`, async () => {
    const world = worker({ state: { words: WORDS } });
    await world.push(broken);
    assert.deepEqual(world.shown.map(({ title, body, tag }) => [title, body, tag]), [["派单", "有新消息", "paidan"]]);
  });
}

test("a broken push on a device that knows nothing shows our name", async () => {
  const world = worker();
  await world.push("{");
  assert.equal(world.shown[0].title, "Paidan");
  await world.click(world.shown[0]);
  assert.deepEqual(world.opened, [`${ORIGIN}/`]);
});

test("a push of an id alone takes its words from the inbox", async () => {
  const inbox = { items: [{ id: "other", title: "no" }, { ...NOTICE, tag: undefined }] };
  const world = worker({ state: { token: "t" }, answers: { "/api/v1/inbox?unread=true": [200, inbox] } });
  await world.push('{"id":"n1","tag":"n1","url":"/board/7"}');
  assert.deepEqual([world.shown[0].title, world.shown[0].tag], ["New order", "n1"]);
});

for (const answer of [[401], [200, { no: "items" }], new TypeError("off line")]) {
  test(`a push of an id alone is shown when the inbox says ${JSON.stringify(answer)}`, async () => {
    const world = worker({ state: { words: WORDS, token: "t" }, answers: { "/api/v1/inbox?unread=true": answer } });
    await world.push('{"id":"n1","tag":"n1","url":"/board/7"}');
    assert.deepEqual([world.shown[0].title, world.shown[0].tag], ["派单", "n1"]);
    await world.click(world.shown[0]);
    assert.deepEqual(world.opened, [`${ORIGIN}/board/7?notice=n1`]);
  });
}

test("a tap opens the page and tells it which notice was seen", async () => {
  const world = worker();
  await world.push(JSON.stringify(NOTICE));
  assert.equal(await world.click(world.shown[0]), 1);
  await world.click(world.shown[0], "act");
  assert.deepEqual(world.opened, [`${ORIGIN}/board/7?notice=n1`, `${ORIGIN}/orders/17?notice=n1`]);
});

test("a tap brings the page that shows the same to the front", async () => {
  const seen = [];
  const client = (url) => ({ url, postMessage: ({ seen: id }) => seen.push([url, id]), focus: async () => seen.push([url, "focus"]) });
  const other = client(`${ORIGIN}/board/8`);
  const stranger = client("https://other.example/board/7");
  const same = client(`${ORIGIN}/board/7?lane=new`);
  const world = worker({ windows: [other, stranger, same] });
  await world.push(JSON.stringify(NOTICE));
  await world.click(world.shown[0]);
  assert.deepEqual(seen, [[same.url, "n1"], [same.url, "focus"]]);
  assert.deepEqual(world.opened, []);
});

test("the button acknowledges by the push's token, without a log-in and without a page", async () => {
  const world = worker({ answers: { "/api/v1/push/act": [200] } });
  await world.push(JSON.stringify(NOTICE));
  assert.equal(await world.click(world.shown[0], "acknowledge"), 1);
  assert.deepEqual(world.asked, [{ path: "/api/v1/push/act", method: "POST", body: { token: "signed" }, credentials: "omit" }]);
  assert.deepEqual(world.opened, []);
});

for (const answer of [[410], new TypeError("off line")]) {
  test(`an acknowledgement that ends with ${JSON.stringify(answer)} opens the page`, async () => {
    const world = worker({ answers: { "/api/v1/push/act": answer } });
    await world.push(JSON.stringify(NOTICE));
    await world.click(world.shown[0], "acknowledge");
    assert.deepEqual(world.opened, [`${ORIGIN}/board/7?notice=n1`]);
  });
}

test("unsubscribing asks once, and opens the link when that fails", async () => {
  const offer = { id: "n2", title: "Offer", unsubscribe: { url: "/u/x", label: "No more" } };
  const world = worker({ answers: { "/u/x": [200] } });
  await world.push(JSON.stringify(offer));
  await world.click(world.shown[0], "unsubscribe");
  assert.deepEqual([world.asked.length, String(world.asked[0].body), world.opened.length], [1, "List-Unsubscribe=One-Click", 0]);
  world.answers["/u/x"] = [500];
  await world.click(world.shown[0], "unsubscribe");
  assert.deepEqual(world.opened, ["/u/x"]);
});

test("what needs nobody any more is closed, but nothing that came just now, nor an offer", async () => {
  const world = worker();
  for (const each of [NOTICE, { ...NOTICE, id: "n2", tag: "n2" }, { id: "n3", title: "Offer", unsubscribe: { url: "/u/x", label: "No" } }]) {
    await world.push(JSON.stringify(each));
  }
  const closed = [];
  for (const shown of world.shown) shown.close = () => closed.push(shown.data.id);
  const message = { data: { kind: "open_notices", ids: ["n2"] } };
  world.now += 29_000;
  await world.hand("message", message);
  assert.deepEqual(closed, []);
  world.now += 2_000;
  await world.hand("message", { data: { seen: "n1" } });
  await world.hand("message", message);
  assert.deepEqual(closed, ["n1"]);
});

const ROTATE = "/api/v1/push/subscriptions/rotate";
const ANSWERS = { "/api/v1/push/key": [200, { key: KEY }], [ROTATE]: [200, { id: 1 }] };
const OLD = { endpoint: "https://push.example/old", auth: "auth of https://push.example/old" };
const MOVED = {
  old_endpoint: OLD.endpoint,
  old_auth: OLD.auth,
  endpoint: "https://push.example/new",
  keys: { p256dh: "p", auth: "auth of https://push.example/new" },
  application_server_key: KEY,
};

test("a device whose subscription ended subscribes with the current key and moves its row", async () => {
  const world = worker({ answers: ANSWERS, state: { ...OLD, key: "AAAA", words: WORDS } });
  await world.hand("pushsubscriptionchange", { oldSubscription: null, newSubscription: null });
  assert.deepEqual(world.asked.at(-1), { path: ROTATE, method: "POST", body: MOVED, credentials: "omit" });
  assert.deepEqual(world.subscribed.map((each) => ({ ...each })), [{ userVisibleOnly: true, applicationServerKey: KEY }]);
  assert.deepEqual(world.state, { endpoint: MOVED.endpoint, auth: MOVED.keys.auth, key: KEY, words: WORDS });
});

test("a subscription that the browser made anew keeps the key that it was made with", async () => {
  const world = worker({ answers: ANSWERS });
  const change = { oldSubscription: new Subscription(OLD.endpoint, "AAAA"), newSubscription: new Subscription(MOVED.endpoint, "AAAA") };
  await world.hand("pushsubscriptionchange", change);
  assert.deepEqual(world.asked.at(-1).body, { ...MOVED, application_server_key: "AAAA" });
  assert.equal(world.subscribed.length, 0);
});

test("a move that the server did not hear of is remembered for the next page", async () => {
  const world = worker({ answers: { ...ANSWERS, [ROTATE]: [503] } });
  const change = { oldSubscription: new Subscription(OLD.endpoint, KEY), newSubscription: null };
  await world.hand("pushsubscriptionchange", change);
  assert.deepEqual(world.state, OLD);
});

test("a device that is not pushed to asks for nothing", async () => {
  const world = worker({ answers: ANSWERS });
  await world.hand("pushsubscriptionchange", { oldSubscription: null, newSubscription: null });
  assert.deepEqual([world.asked, world.subscribed], [[], []]);
});
