// Makes the one file that pages load from the sources: `node build.ts`, or `--check` to compare.
//
// Types are stripped by Node itself and the modules are put in a row, so what a browser runs is
// what stands in `src/`, without imports, comments and blank lines. That works because of two
// rules: names of the package's modules are unique, and a comment has lines of its own.

import { readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

const HERE = import.meta.dirname;
const ENTRY = join(HERE, "src/index.ts");
const OUTPUT = join(HERE, "../static/web/realtime.js");
const HEAD = "// Made from web/realtime by `node build.ts`; change the sources instead.\n";

const FROM = /^(?:import|export)\s(?!type\b)[^;]*?from "(\.[^"]+)";/gm;
const IMPORTS = /^import\s[^;]*;\n?/gm;
const REEXPORTS = /^export\s(?:type\s)?\{([^}]*)\}\sfrom\s[^;]*;\n?/gm;
const DECLARATION = /^ {2}(?:private |readonly )*\w+\??: [^=]*;(?: *\/\/.*)?$/;

// Every module, each after those it needs.
function modules(path: string, found: string[] = []): string[] {
  if (found.includes(path)) return found;
  for (const [, needed] of readFileSync(path, "utf8").matchAll(FROM)) {
    modules(join(dirname(path), needed as string), found);
  }
  return found.includes(path) ? found : [...append(found, path)];
}

function append(found: string[], path: string): string[] {
  found.push(path);
  return found;
}

function plain(path: string): string {
  const source = readFileSync(path, "utf8");
  const before = source.split("\n");
  return stripTypeScriptTypes(source)
    .split("\n")
    .map((line, at) => tidy(line, before[at] as string))
    .join("\n")
    .replace(IMPORTS, "")
    .replace(REEXPORTS, "")
    .replace(/^export (?=async|class|const|function)/gm, "")
    .replace(/^;?\n/gm, "");
}

// What was a type is blanks now; comments and declarations of members say nothing to a browser.
function tidy(line: string, before: string): string {
  if (line.trim().startsWith("//") || DECLARATION.test(before)) return "";
  const indent = /^ */.exec(before)?.[0] ?? "";
  const code = line
    .trim()
    .replace(/ +\/\/ .*$/, "")
    .replace(/ {2,}/g, " ")
    .replace(/ (?=[,;)])/g, "")
    .replace(/(Map|Set) \(/g, "$1(");
  return code && indent + code;
}

function exported(): string[] {
  const text = readFileSync(ENTRY, "utf8");
  return [...text.matchAll(/^export \{([^}]*)\}/gm)]
    .flatMap(([, names]) => (names as string).split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

export function build(): string {
  const parts = modules(ENTRY).map(plain).filter((part) => part !== "");
  return `${HEAD}${parts.join("\n")}\nexport { ${exported().join(", ")} };\n`;
}

if (import.meta.main) {
  const text = build();
  if (process.argv.includes("--check")) {
    if (readFileSync(OUTPUT, "utf8") !== text) throw new Error("realtime.js is not what src/ gives");
  } else writeFileSync(OUTPUT, text);
  console.log(JSON.stringify({ bytes: text.length, gzip: gzipSync(text, { level: 9 }).length }));
}
