// A page and its device's subscription: renewed at a visit, ended with the log-in.

import assert from "node:assert/strict";
import { test } from "node:test";

import { endSubscription, keepSubscription } from "../../../web/static/web/js/push-device.js";
import { Subscription, cachesWith, fetchOf } from "./worker_world.mjs";

const WORDS = { title: "Paidan", body: "News" };
const ROTATE = "/api/v1/push/subscriptions/rotate";
const OLD = "https://push.example/old";
const NEW = "https://push.example/new";

// A browser with the subscription `held`, made with `made`; the server's current key is BBBB.
function browser({ made = "AAAA", endpoint = OLD, permission = "granted", state, answers = {} } = {}) {
  const world = { asked: [], log: [], state, shown: [], answers: { "/api/v1/push/key": [200, { key: "BBBB" }], [ROTATE]: [200, { id: 1 }], ...answers } };
  world.held = endpoint && new Subscription(endpoint, made, world.log);
  const registration = {
    getNotifications: async () => world.shown,
    pushManager: {
      getSubscription: async () => world.held || null,
      subscribe: async ({ applicationServerKey }) => {
        const key = Buffer.from(applicationServerKey).toString("base64url");
        world.log.push(`subscribe ${key}`);
        return (world.held = new Subscription(NEW, key, world.log));
      },
    },
  };
  const navigator = {
    serviceWorker: { getRegistration: async () => registration },
    locks: { request: async (_name, deed) => deed() },
  };
  const globals = { navigator, caches: cachesWith(world), fetch: fetchOf(world), PushManager: class {}, Notification: { permission } };
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true });
  return world;
}

const rotations = (world) => world.asked.filter(({ path }) => path === ROTATE);

test("a subscription with an earlier key is made anew, and the server told, without a question", async () => {
  const world = browser();
  await keepSubscription(WORDS);
  assert.deepEqual(world.log, [`unsubscribe ${OLD}`, "subscribe BBBB"]);
  const [{ body, credentials }] = rotations(world);
  assert.deepEqual(body, {
    old_endpoint: OLD,
    old_auth: `auth of ${OLD}`,
    endpoint: NEW,
    keys: { p256dh: "p", auth: `auth of ${NEW}` },
    application_server_key: "BBBB",
  });
  assert.equal(credentials, "omit");
  assert.deepEqual(world.state, { endpoint: NEW, auth: `auth of ${NEW}`, key: "BBBB", words: WORDS });
  await keepSubscription(WORDS);
  assert.equal(rotations(world).length, 1);
});

test("one with the current key stays, and the worker gets the page's words", async () => {
  const world = browser({ made: "BBBB" });
  await keepSubscription(WORDS);
  assert.deepEqual([world.log, rotations(world)], [[], []]);
  assert.deepEqual(world.state, { endpoint: OLD, auth: `auth of ${OLD}`, key: "BBBB", words: WORDS });
});

test("what a closed page or a server that was away left undone is done at the next visit", async () => {
  const world = browser({ answers: { [ROTATE]: [503] } });
  await assert.rejects(keepSubscription(WORDS), /503/);
  assert.equal(world.state.endpoint, OLD);
  world.answers[ROTATE] = [200, { id: 1 }];
  await keepSubscription(WORDS);
  assert.equal(rotations(world).at(-1).body.old_endpoint, OLD);
  assert.equal(world.state.endpoint, NEW);
  world.held = null; // ended, and the page was closed before it could subscribe
  world.state = { endpoint: OLD, auth: "a", key: "AAAA" };
  await keepSubscription(WORDS);
  assert.equal(rotations(world).at(-1).body.old_auth, "a");
  assert.equal(world.held.endpoint, NEW);
});

test("a subscription that its person ended elsewhere does not come back", async () => {
  const world = browser({ answers: { [ROTATE]: [404] } });
  await keepSubscription(WORDS);
  assert.deepEqual([world.log.at(-1), world.state], [`unsubscribe ${NEW}`, undefined]);
});

test("a browser that hides the key is not asked to subscribe at every visit", async () => {
  const world = browser({ made: "" });
  await keepSubscription(WORDS);
  assert.deepEqual(world.log, []);
});

for (const [why, options] of [["nobody allowed it", { permission: "default" }], ["nothing is subscribed", { endpoint: "" }]]) {
  test(`nothing is asked where ${why}`, async () => {
    const world = browser(options);
    await keepSubscription(WORDS);
    assert.deepEqual([world.asked, world.log, world.state], [[], [], undefined]);
  });
}

test("the end of the log-in ends it on the server, in the browser, and on the screen", async () => {
  const world = browser({ state: { endpoint: OLD } });
  world.shown = [{ close: () => world.log.push("close") }];
  const told = [];
  await endSubscription(async (...request) => void told.push(request));
  assert.deepEqual(told, [["/api/v1/push/subscriptions/remove", { endpoint: OLD }]]);
  assert.deepEqual([world.log, world.state], [["close", `unsubscribe ${OLD}`], undefined]);
});

test("a server that is away does not keep the browser's subscription alive", async () => {
  const world = browser();
  await endSubscription(() => Promise.reject(new Error("off line")));
  assert.deepEqual(world.log, [`unsubscribe ${OLD}`]);
});
