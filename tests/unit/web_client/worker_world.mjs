// A service worker in a world that notes what is asked of it.

import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const SOURCE = new URL("../../../web/static/web/js/service-worker.js", import.meta.url);
export const ORIGIN = "https://shop.example";

export class Subscription {
  constructor(endpoint, key, log = []) {
    Object.assign(this, { endpoint, log });
    this.options = { applicationServerKey: key && Uint8Array.from(Buffer.from(key, "base64url")).buffer };
  }

  toJSON() {
    return { endpoint: this.endpoint, keys: { p256dh: "p", auth: `auth of ${this.endpoint}` } };
  }

  async unsubscribe() {
    this.log.push(`unsubscribe ${this.endpoint}`);
  }
}

// Caches whose only entry is what the device knows of its subscription.
export function cachesWith(world) {
  return {
    open: async () => ({
      match: async () => (world.state ? new Response(JSON.stringify(world.state)) : undefined),
      put: async (_path, response) => void (world.state = await response.json()),
      delete: async () => void (world.state = undefined),
    }),
    delete: async () => true,
  };
}

// `answers` maps a path to [status, body] or to an Error; what is asked is in `asked`.
export function fetchOf(world) {
  return async (path, options = {}) => {
    const body = typeof options.body === "string" ? JSON.parse(options.body) : options.body;
    world.asked.push({ path, method: options.method ?? "GET", body, credentials: options.credentials });
    const answer = world.answers[path] ?? new Error(`nobody answers ${path}`);
    if (answer instanceof Error) throw answer;
    return new Response(JSON.stringify(answer[1] ?? {}), { status: answer[0] });
  };
}

export function worker({ answers = {}, windows = [], state, now = 1_000_000 } = {}) {
  const world = { answers, asked: [], state, shown: [], opened: [], handlers: {}, now, subscribed: [] };
  const self = {
    location: { origin: ORIGIN },
    addEventListener: (kind, handler) => void (world.handlers[kind] = handler),
    skipWaiting: () => {},
    clients: {
      claim: () => {},
      matchAll: async () => windows,
      openWindow: async (url) => void world.opened.push(url),
    },
    registration: {
      showNotification: async (title, options) => {
        for (const each of options.actions) if (typeof each.title !== "string") throw new TypeError("title");
        world.shown.push({ title, ...options });
      },
      getNotifications: async () => world.shown,
      pushManager: {
        subscribe: async (options) => {
          world.subscribed.push(options);
          return new Subscription("https://push.example/new", options.applicationServerKey);
        },
      },
    },
  };
  class Clock extends Date {
    static now() {
      return world.now;
    }
  }
  const globals = { self, caches: cachesWith(world), fetch: fetchOf(world), Date: Clock };
  runInNewContext(readFileSync(SOURCE, "utf8"), { ...globals, URL, URLSearchParams, Response, AbortSignal, btoa });
  // Hand an event to the worker and wait for all that it asked the browser to wait for.
  world.hand = async (kind, event) => {
    const waits = [];
    world.handlers[kind]({ waitUntil: (promise) => void waits.push(promise), ...event });
    await Promise.all(waits);
  };
  world.push = (text) => world.hand("push", { data: text === null ? null : { json: () => JSON.parse(text) } });
  world.click = async (shown, action = "") => {
    let closed = 0;
    await world.hand("notificationclick", { action, notification: { data: shown.data, close: () => void (closed += 1) } });
    return closed;
  };
  return world;
}
