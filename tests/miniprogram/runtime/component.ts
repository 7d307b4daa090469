// Components and pages as the base library makes them: properties, data by paths, lifetimes, events, slots.

import { valueOf, wordsOf } from "./template.ts";
import type { Part, Scope } from "./template.ts";

type Data = Record<string, unknown>;
type Work = (this: Instance, ...given: unknown[]) => unknown;

interface Property {
  type: unknown;
  value?: unknown;
  observer?: Work;
}

// What `Component()` is given.
export interface Options {
  properties?: Record<string, Property>;
  data?: Data;
  methods?: Record<string, Work>;
  observers?: Record<string, Work>;
  lifetimes?: Partial<Record<"created" | "attached" | "ready" | "detached", Work>>;
  pageLifetimes?: Partial<Record<"show" | "hide", Work>>;
  created?: Work;
  options?: { pureDataPattern?: RegExp };
}

// A file of components: what it registered, its template and the components it uses.
export interface Definition {
  path: string;
  options: Options;
  template: readonly Part[];
  uses: Readonly<Record<string, Definition>>;
}

// A node that is shown. Children of a component are what stands in its slots.
export interface Shown {
  tag: string;
  attributes: Data;
  text: string;
  children: Shown[];
  owner: Instance;
  component: Instance | null;
}

// Elements that every mini-program has; anything else must be a component that the file names.
const BUILT_IN = new Set(["view", "text", "button", "input", "textarea", "image", "label", "picker", "switch", "map", "scroll-view", "block", "slot", "canvas", "form", "navigator", "checkbox", "checkbox-group", "radio", "radio-group", "rich-text", "progress", "icon", "camera", "audio", "video"]);
const DIRECTIVE = /^(wx:|bind|catch)/;

export interface Host {
  changed(): void;
  failed(error: unknown): void;
}

export class Instance {
  [name: string]: unknown;
  declare readonly data: Data;
  declare readonly properties: Data;
  declare readonly is: string;
  declare route?: string;

  constructor(definition: Definition, host: Host, given: Data, place: Shown | null, route?: string) {
    const { options } = definition;
    hidden.set(this, { definition, host, place, shown: [], children: new Map(), isAttached: false, isDirty: false });
    const defaults = Object.entries(options.properties ?? {}).map(([name, { value }]) => [name, copy(value)]);
    const data: Data = { ...(copy(options.data ?? {}) as Data), ...Object.fromEntries(defaults) };
    Object.assign(this, { data, properties: data, is: definition.path }, options.methods);
    if (route !== undefined) this.route = route;
    call(this, options.created);
    call(this, options.lifetimes?.created);
    this.give(given);
  }

  // Properties from the template of whoever uses this component.
  give(given: Data): void {
    const { definition } = inside(this);
    const changed = Object.keys(given).filter((name) => name in (definition.options.properties ?? {}) && !same(this.data[name], given[name]));
    for (const name of changed) this.data[name] = copy(given[name]);
    for (const name of changed) {
      call(this, definition.options.properties?.[name]?.observer, this.data[name]);
      call(this, definition.options.observers?.[name], this.data[name]);
    }
    if (changed.length) this.render();
  }

  attach(): void {
    const all = inside(this);
    call(this, all.definition.options.lifetimes?.attached);
    all.isAttached = true;
    this.render();
    setTimeout(() => all.isAttached && call(this, all.definition.options.lifetimes?.ready));
  }

  detach(): void {
    const all = inside(this);
    for (const child of all.children.values()) child.detach();
    all.isAttached = false;
    call(this, all.definition.options.lifetimes?.detached);
  }

  // The page's being shown or hidden, told to everything on it.
  tell(lifetime: "show" | "hide"): void {
    const all = inside(this);
    call(this, all.definition.options.pageLifetimes?.[lifetime]);
    for (const child of all.children.values()) child.tell(lifetime);
  }

  // `{ "a.b[2]": value }`; what cannot be sent to the view is refused.
  setData(changes: Data, done?: () => void): void {
    for (const [path, value] of Object.entries(changes)) put(this.data, path, copy(value, path));
    for (const name of Object.keys(changes)) call(this, inside(this).definition.options.observers?.[name], this.data[name]);
    this.render();
    if (done) setTimeout(done);
  }

  triggerEvent(name: string, detail: unknown = {}): void {
    const { place } = inside(this);
    if (place) fire(place, name, detail);
  }

  selectAllComponents(selector: string): Instance[] {
    if (!/^[.#][\w-]+$/.test(selector)) throw new Error(`the fake knows no selector ${selector}`);
    const wanted = selector.slice(1);
    return [...inside(this).children.values()].filter((child) => {
      const { class: classes, id } = inside(child).place!.attributes;
      return selector[0] === "#" ? id === wanted : wordsOf(classes).split(" ").includes(wanted);
    });
  }

  selectComponent(selector: string): Instance | null {
    return this.selectAllComponents(selector)[0] ?? null;
  }

  private render(): void {
    const all = inside(this);
    if (!all.isAttached) return;
    if (all.isDirty) return;
    all.isDirty = true; // what attaching a child changes is drawn in the same go
    try {
      for (let rounds = 0; all.isDirty; rounds++) {
        if (rounds > 50) throw new Error(`${this.is} never comes to rest`);
        all.isDirty = false;
        const kept = all.children;
        all.children = new Map();
        all.shown = build(this, all.definition.template, visible(this), "", kept);
        for (const [key, child] of kept) if (!all.children.has(key)) child.detach();
      }
    } finally {
      all.isDirty = false;
    }
    all.host.changed();
  }
}

interface Inside {
  definition: Definition;
  host: Host;
  place: Shown | null;
  shown: Shown[];
  children: Map<string, Instance>;
  isAttached: boolean;
  isDirty: boolean;
}

// Not properties of the instance: what runs in it may not see them.
const hidden = new WeakMap<Instance, Inside>();

function inside(instance: Instance): Inside {
  return hidden.get(instance)!;
}

function call(instance: Instance, work: Work | undefined, ...given: unknown[]): void {
  try {
    const answer = work?.apply(instance, given);
    if (isRecord(answer) && "catch" in answer) (answer as unknown as Promise<unknown>).catch(inside(instance).host.failed);
  } catch (error) {
    inside(instance).host.failed(error);
  }
}

export function callMethod(instance: Instance, name: string, ...given: unknown[]): void {
  call(instance, instance[name] as Work | undefined, ...given);
}

function visible(instance: Instance): Scope {
  const pure = inside(instance).definition.options.options?.pureDataPattern;
  return Object.fromEntries(Object.entries(instance.data).filter(([name]) => !pure?.test(name)));
}

function build(owner: Instance, parts: readonly Part[], scope: Scope, key: string, kept: Map<string, Instance>): Shown[] {
  let isDecided = false; // an earlier branch of this chain holds
  return parts.flatMap((part) => {
    const { "wx:if": when, "wx:elif": orWhen, "wx:else": otherwise, "wx:for": each } = part.attributes;
    if (each !== undefined) return loop(owner, part, scope, key, kept);
    if (when !== undefined) isDecided = false;
    if (when !== undefined || orWhen !== undefined || otherwise !== undefined) {
      const holds = !isDecided && Boolean(otherwise !== undefined || valueOf((when ?? orWhen)!, scope));
      isDecided ||= holds;
      if (!holds) return [];
    }
    return one(owner, part, scope, `${key}/${part.id}`, kept);
  });
}

function loop(owner: Instance, part: Part, scope: Scope, key: string, kept: Map<string, Instance>): Shown[] {
  const { "wx:for": each, "wx:for-item": item = "item", "wx:for-index": index = "index", "wx:key": by, "wx:if": when } = part.attributes;
  const list = valueOf(each!, scope);
  const entries: [unknown, unknown][] = typeof list === "number" ? Array.from({ length: list }, (_, at) => [at, at + 1]) : Object.entries((list ?? {}) as object);
  return entries.flatMap(([at, value]) => {
    const inner = { ...scope, [item]: value, [index]: Array.isArray(list) ? Number(at) : at };
    if (when !== undefined && !valueOf(when, inner)) return [];
    const name = by === undefined ? at : by === "*this" ? value : (value as Data | null)?.[by];
    return one(owner, part, inner, `${key}/${part.id}[${wordsOf(name ?? at)}]`, kept);
  });
}

function one(owner: Instance, part: Part, scope: Scope, key: string, kept: Map<string, Instance>): Shown[] {
  const within = () => build(owner, part.children, scope, key, kept);
  if (part.tag === "block") return within();
  const node: Shown = { tag: part.tag, attributes: {}, text: "", children: [], owner, component: null };
  if (!part.tag) return [{ ...node, text: wordsOf(valueOf(part.text, scope)) }];
  for (const [name, text] of Object.entries(part.attributes)) {
    if (!/^wx:/.test(name)) node.attributes[name] = name === "class" ? classes(valueOf(text, scope)) : valueOf(text, scope);
  }
  const used = inside(owner).definition.uses[part.tag];
  if (!used && !BUILT_IN.has(part.tag)) throw new Error(`${owner.is}: no component <${part.tag}>`);
  if (used) node.component = place(owner, used, node, key, kept);
  node.children = within();
  return [node];
}

function place(owner: Instance, definition: Definition, node: Shown, key: string, kept: Map<string, Instance>): Instance {
  const all = inside(owner);
  const given = Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !DIRECTIVE.test(name)).map(([name, value]) => [camel(name), value]));
  const before = kept.get(key);
  if (before) {
    all.children.set(key, before);
    inside(before).place = node;
    before.give(given);
    return before;
  }
  const made = new Instance(definition, all.host, given, node);
  all.children.set(key, made);
  made.attach();
  return made;
}

function classes(value: unknown): string {
  return Array.isArray(value) ? value.filter(Boolean).join(" ") : wordsOf(value);
}

function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

// What stands on the screen: shadow trees in place of their hosts, and slots filled.
export function compose(instance: Instance, filling: Shown[] = []): Shown[] {
  const fill = (nodes: Shown[]): Shown[] =>
    nodes.flatMap((node) => {
      if (node.tag === "slot") {
        const name = wordsOf(node.attributes["name"]);
        return filling.filter((each) => wordsOf(each.attributes["slot"]) === name);
      }
      const children = fill(node.children);
      return [{ ...node, children: node.component ? compose(node.component, children) : children, origin: node }];
    });
  return fill(inside(instance).shown);
}

// Run what is bound to `name` on a node; says whether it goes no further up.
export function fire(node: Shown, name: string, detail: unknown): boolean {
  for (const binding of [`bind${name}`, `bind:${name}`, `catch${name}`, `catch:${name}`]) {
    const handler = node.attributes[binding];
    if (handler === undefined || handler === "") continue;
    const work = node.owner[String(handler)] as Work | undefined;
    if (!work) throw new Error(`${node.owner.is} has no handler ${String(handler)}`);
    const dataset = Object.fromEntries(Object.entries(node.attributes).filter(([each]) => each.startsWith("data-")).map(([each, value]) => [camel(each.slice(5)), value]));
    const target = { id: wordsOf(node.attributes["id"]), dataset, offsetLeft: 0, offsetTop: 0 };
    call(node.owner, work, { type: name, timeStamp: performance.now(), target, currentTarget: target, detail, mark: {} });
    if (binding.startsWith("catch")) return true;
  }
  return false;
}

// As it travels to the view: JSON, and no functions in it.
function copy(value: unknown, path = ""): unknown {
  if (typeof value === "function") throw new Error(`setData: a function cannot be shown (${path})`);
  if (Array.isArray(value)) return value.map((each, at) => copy(each, `${path}[${at}]`));
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copy(each, `${path}.${name}`)]));
  return value;
}

// Not `instanceof`: what runs in the mini-program has an `Object` of its own.
export function isRecord(value: unknown): value is Data {
  return typeof value === "object" && value !== null;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function put(data: Data, path: string, value: unknown): void {
  const steps = path.replace(/\[(\d+)\]/g, ".$1").split(".");
  const name = steps.pop()!;
  let into = data;
  for (const [at, step] of steps.entries()) {
    if (!isRecord(into[step])) into[step] = /^\d+$/.test(steps[at + 1] ?? name) ? [] : {};
    into = into[step] as Data;
  }
  into[name] = value;
}
