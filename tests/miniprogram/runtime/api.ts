// `wx`: as much as the screens use, as strict as the real one. A name that only the real one has fails loudly, so
// that nobody takes silence for success; a name that it has not is undefined.

import { readFileSync } from "node:fs";

import { requests } from "./requests.ts";
import { sockets } from "./sockets.ts";

export type Api = Record<string, unknown>;

export interface Callbacks {
  success?(result: object): void;
  fail?(result: { errMsg: string }): void;
  complete?(result: object): void;
}

export interface Surroundings {
  origin: string; // the server that the mini-program may speak to, by its public name
  server: string; // where that is today: host and port
  storage: Map<string, unknown>;
  navigate(how: string, url: string): void; // throws when there is no such page
}

const TYPES = new URL("../../node_modules/miniprogram-api-typings/types/wx/lib.wx.api.d.ts", import.meta.url);
const NAMED = /^ {8}(\w+)[(<:?]/gm;

// The names of the real `wx`, from its makers' own types.
function realNames(): Set<string> {
  const text = readFileSync(TYPES, "utf8");
  return new Set([...text.slice(text.indexOf("interface Wx {")).matchAll(NAMED)].map(([, name]) => name!));
}

export function settle(options: Callbacks, name: string, work: () => object | void): void {
  let result: { errMsg: string };
  try {
    result = { ...work(), errMsg: `${name}:ok` };
    options.success?.(result);
  } catch (error) {
    result = { errMsg: `${name}:fail ${(error as Error).message}` };
    options.fail?.(result);
  }
  options.complete?.(result);
}

// Refuse options that the real one would silently leave out.
export function onlyKnown(name: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((each) => ![...known, "success", "fail", "complete"].includes(each));
  if (unknown.length) throw new TypeError(`wx.${name} knows no ${unknown.join(", ")}`);
}

const SYSTEM = {
  brand: "devtools", model: "iPhone 12/13 (Pro)", pixelRatio: 3, screenWidth: 390, screenHeight: 844, windowWidth: 390,
  windowHeight: 844, statusBarHeight: 47, language: "zh_CN", version: "8.0.50", system: "iOS 17.0", platform: "ios",
  fontSizeSetting: 16, SDKVersion: "3.5.0", theme: "light", safeArea: { top: 47, bottom: 810, left: 0, right: 390, width: 390, height: 763 },
  deviceOrientation: "portrait", host: { env: "WeChat" },
};

export function makeApi(around: Surroundings): Api {
  const { storage } = around;
  const go = (how: string) => (options: Callbacks & { url: string }) => {
    onlyKnown(how, options, ["url", "events"]);
    settle(options, how, () => around.navigate(how, options.url));
  };
  const known: Api = {
    ...requests(around),
    ...sockets(around),
    navigateTo: go("navigateTo"),
    redirectTo: go("redirectTo"),
    reLaunch: go("reLaunch"),
    getStorageSync: (key: string) => storage.get(key) ?? "",
    setStorageSync: (key: string, value: unknown) => void storage.set(key, value),
    removeStorageSync: (key: string) => void storage.delete(key),
    setStorage: (options: Callbacks & { key: string; data: unknown }) => settle(options, "setStorage", () => void storage.set(options.key, options.data)),
    getSystemInfoSync: () => ({ ...SYSTEM }),
    getAppBaseInfo: () => ({ ...SYSTEM }),
    getWindowInfo: () => ({ ...SYSTEM }),
    getDeviceInfo: () => ({ ...SYSTEM }),
    getLaunchOptionsSync: () => ({ path: "", query: {}, scene: 1001, referrerInfo: {} }),
    canIUse: () => true,
    onAppShow() {},
    onAppHide() {},
    onNetworkStatusChange() {},
    setKeepScreenOn: (options: Callbacks) => settle(options, "setKeepScreenOn", () => {}),
    vibrateLong: (options: Callbacks = {}) => settle(options, "vibrateLong", () => {}),
  };
  return guarded(known);
}

function guarded(known: Api): Api {
  const real = realNames();
  const foreign = Object.keys(known).filter((name) => !real.has(name));
  if (foreign.length) throw new Error(`the real wx has no ${foreign.join(", ")}`);
  return new Proxy(known, {
    get(target, name: string) {
      if (!(name in target) && real.has(name)) throw new Error(`the fake wx has no ${name} yet: add it`);
      return target[name];
    },
  });
}
