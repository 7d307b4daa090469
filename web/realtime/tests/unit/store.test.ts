// Rows leave a view by their own account, at the same time as they leave the server's snapshot.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Store } from "../../src/store.ts";

const ended = (at: string) => ({ key: "order:1", ver: 1, d: { open: false, ended_at: at } });
const NOON = Date.parse("2026-03-02T12:00:00Z");

describe("a view", () => {
  test("of a board keeps what ended for half an hour", () => {
    const store = new Store("merchant");
    store.replace([ended("2026-03-02T12:00:00Z")]);
    assert.equal(store.visible(NOON + 30 * 60_000 - 1).length, 1);
    assert.equal(store.visible(NOON + 30 * 60_000).length, 0);
  });

  test("of a courier's jobs keeps nothing that ended", () => {
    const store = new Store("courier");
    store.replace([ended("2026-03-02T12:00:00Z")]);
    assert.deepEqual(store.visible(NOON), []);
  });

  test("of an order keeps it whatever happened", () => {
    const store = new Store("order");
    store.replace([ended("2026-03-02T12:00:00Z")]);
    assert.equal(store.visible(NOON * 2).length, 1);
  });

  test("does not get back what left, by an old version", () => {
    const store = new Store("courier");
    store.apply({ key: "leg:1", ver: 2, d: { open: false, ended_at: null } });
    assert.equal(store.apply({ key: "leg:1", ver: 1, d: { open: true } }), false);
    assert.deepEqual(store.visible(NOON), []);
  });
});
