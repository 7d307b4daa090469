// WXML as a tree, and the expressions in it. What the real language has not is refused.

export interface Part {
  id: number; // unique within its template
  tag: string; // "" for text
  attributes: Readonly<Record<string, string>>;
  children: readonly Part[];
  text: string;
}

export type Scope = Readonly<Record<string, unknown>>;

const TAG = /<(\/?)([\w-]+)((?:\s+[\w:.-]+(?:="[^"]*")?)*)\s*(\/?)>|<!--[\s\S]*?-->/g;
const ATTRIBUTE = /([\w:.-]+)(?:="([^"]*)")?/g;
const MUSTACHE = /\{\{([\s\S]*?)\}\}/g;
const WHOLE = /^\{\{([\s\S]*)\}\}$/;
// Calls, assignments and newer operators, which WXML does not know; words in quotes may hold anything.
const FOREIGN = /\?\.|\?\?|=>|`|[\w$\])]\s*\(|(?<![=!<>])=(?!=)|\bnew\b|\bfunction\b/;

export function parse(source: string, name: string): readonly Part[] {
  let last = 0;
  let end = 0;
  const root: Part & { children: Part[] } = { id: 0, tag: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const add = (part: Part) => open.at(-1)!.children.push(part);
  const words = (text: string) => text.trim() && add({ id: ++last, tag: "", attributes: {}, children: [], text });
  for (const found of source.matchAll(TAG)) {
    words(source.slice(end, found.index));
    end = found.index + found[0].length;
    const [, closes, tag, attributes = "", alone] = found;
    if (!tag) continue;
    if (closes) {
      if (open.pop()!.tag !== tag) throw new Error(`${name}: </${tag}> closes nothing`);
      continue;
    }
    const part = { id: ++last, tag, attributes: attributesOf(attributes), children: [], text: "" };
    add(part);
    if (!alone) open.push(part);
  }
  words(source.slice(end));
  if (open.length !== 1) throw new Error(`${name}: <${open.at(-1)!.tag}> is not closed`);
  return root.children;
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(ATTRIBUTE)].map(([, name, value]) => [name!, value ?? "true"]));
}

// The value of an attribute or a text: of one expression what it is, of a mixture the words.
export function valueOf(text: string, scope: Scope): unknown {
  const whole = WHOLE.exec(text);
  if (whole && !whole[1]!.includes("}}")) return evaluate(whole[1]!, scope);
  return text.replace(MUSTACHE, (_, expression: string) => wordsOf(evaluate(expression, scope)));
}

export function wordsOf(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

const compiled = new Map<string, (scope: Scope) => unknown>();

function evaluate(expression: string, scope: Scope): unknown {
  let run = compiled.get(expression);
  if (!run) {
    if (FOREIGN.test(expression.replace(/'[^']*'|"[^"]*"/g, "''"))) throw new Error(`WXML knows no such expression: ${expression}`);
    // Names that the data has not are undefined, and so is what would be read from them.
    run = new Function("scope", `with (scope) { try { return (${expression}); } catch { return undefined; } }`) as (scope: Scope) => unknown;
    compiled.set(expression, run);
  }
  return run(new Proxy(scope, { has: (_, name) => typeof name === "string" }));
}
