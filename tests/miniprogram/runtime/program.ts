// A built mini-program: its modules in a world without a browser's names, its app, and its stack of pages.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createContext, Script } from "node:vm";

import { makeApi } from "./api.ts";
import { Instance, callMethod, compose, isRecord } from "./component.ts";
import type { Definition, Host, Options, Shown } from "./component.ts";
import { parse } from "./template.ts";

// What WeChat hides from modules, or does not have on every phone.
const HIDDEN = ["window", "document", "frames", "self", "location", "navigator", "localStorage", "history", "screen", "alert", "confirm", "prompt", "XMLHttpRequest", "WebSocket", "fetch"];
const MOST_PAGES = 10;

interface AppOptions {
  onLaunch?(options: object): void;
  onShow?(options: object): void;
  [name: string]: unknown;
}

export class Program implements Host {
  readonly errors: string[] = [];
  readonly storage = new Map<string, unknown>();
  readonly pages: Instance[] = [];
  private readonly modules = new Map<string, { exports: unknown }>();
  private readonly definitions = new Map<string, Definition>();
  private readonly folder: string;
  private readonly context: object;
  private readonly known: string[];
  private registered: Options | null = null;
  private app: AppOptions | null = null;

  constructor(folder: string, origin: string, server: string) {
    this.folder = folder;
    this.known = (this.json("app.json") as { pages: string[] }).pages;
    const wx = makeApi({ origin, server, storage: this.storage, navigate: (how, url) => this.navigate(how, url) });
    this.context = createContext(
      {
        wx,
        global: {},
        console: this.console(),
        ...{ setTimeout: this.timer(setTimeout), setInterval: this.timer(setInterval), clearTimeout, clearInterval },
        App: (options: AppOptions) => (this.app = options),
        Component: (options: Options) => (this.registered = options),
        Page: () => this.failed(new Error("pages are registered by Component() here")),
        getApp: () => this.app,
        getCurrentPages: () => this.pages,
      },
      { codeGeneration: { strings: false, wasm: false } },
    );
    new Script("delete globalThis.Intl; delete globalThis.WebAssembly;").runInContext(this.context); // Android's WeChat has no Intl
  }

  // Start as from WeChat's list of mini-programs: the first page, unless `url` names another.
  launch(url = `/${this.known[0]}`): void {
    this.require("app.js");
    const [path = "", query = ""] = url.slice(1).split("?");
    const options = { path, query: queryOf(query), scene: 1001, referrerInfo: {} };
    this.app?.onLaunch?.(options);
    this.app?.onShow?.(options);
    this.navigate("reLaunch", url);
  }

  get page(): Instance {
    return this.pages.at(-1)!;
  }

  shown(): Shown[] {
    return this.pages.length ? compose(this.page) : [];
  }

  navigate(how: string, url: string): void {
    const [route, query = ""] = absolute(url, this.pages.at(-1)?.route).split("?") as [string, string?];
    if (!this.known.includes(route)) throw new Error(`page "${route}" is not found`);
    if (how === "navigateTo" && this.pages.length >= MOST_PAGES) throw new Error("webview count limit exceed");
    const leaves = { navigateTo: 0, redirectTo: 1, reLaunch: this.pages.length }[how]!;
    setTimeout(() => this.change(route, queryOf(query), leaves));
  }

  changed(): void {}

  failed = (error: unknown): void => {
    this.errors.push(isRecord(error) && "stack" in error ? String(error.stack) : String(error));
  };

  private change(route: string, query: object, leaves: number): void {
    if (!leaves && this.pages.length) this.hide(this.page);
    for (const page of leaves ? this.pages.splice(-leaves).reverse() : []) {
      callMethod(page, "onUnload");
      page.detach();
    }
    const page = new Instance(this.definition(route), this, {}, null, route);
    this.pages.push(page);
    page.attach();
    callMethod(page, "onLoad", query);
    callMethod(page, "onShow");
    page.tell("show");
  }

  private hide(page: Instance): void {
    callMethod(page, "onHide");
    page.tell("hide");
  }

  private definition(path: string): Definition {
    const before = this.definitions.get(path);
    if (before) return before;
    this.registered = null;
    this.require(`${path}.js`);
    const options = this.registered as Options | null;
    if (!options) throw new Error(`${path} registers nothing`);
    const made = { path, options, template: parse(this.text(`${path}.wxml`), path), uses: {} as Record<string, Definition> };
    this.definitions.set(path, made);
    const { usingComponents = {} } = this.json(`${path}.json`) as { usingComponents?: Record<string, string> };
    for (const [tag, file] of Object.entries(usingComponents)) made.uses[tag] = this.definition(absolute(file, path));
    return made;
  }

  private require(file: string): unknown {
    const before = this.modules.get(file);
    if (before) return before.exports;
    const module = { exports: {} };
    this.modules.set(file, module);
    const source = `(function (require, module, exports, ${HIDDEN.join(", ")}) {${this.text(file)}\n})`;
    const run = new Script(source, { filename: file }).runInContext(this.context) as (...given: unknown[]) => void;
    run((name: string) => this.require(join(dirname(file), name)), module, module.exports);
    return module.exports;
  }

  private text(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  private json(file: string): unknown {
    return JSON.parse(this.text(file));
  }

  private timer(set: typeof setTimeout | typeof setInterval) {
    return (work: () => void, ms: number) =>
      Number(set(() => {
        try {
          work();
        } catch (error) {
          this.failed(error);
        }
      }, ms));
  }

  private console() {
    const note = (...words: unknown[]) => this.errors.push(words.map(String).join(" "));
    return { log() {}, info() {}, debug() {}, warn: note, error: note };
  }
}

// "/board/index?shop=1" and "../ui/PRing" as paths of the package.
function absolute(url: string, from = ""): string {
  return url.startsWith("/") ? url.slice(1) : join(dirname(from), url);
}

// As WeChat gives it: not decoded.
function queryOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split("&").filter(Boolean).map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]));
}
