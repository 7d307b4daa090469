// Runs a mini-program for a test that speaks JSON, a line each way: `node main.ts FOLDER ORIGIN SERVER`.

import { createInterface } from "node:readline";

import { fire } from "./component.ts";
import type { Shown } from "./component.ts";
import { Program } from "./program.ts";

interface Order {
  do: "launch" | "open" | "look" | "fire";
  url?: string;
  node?: number;
  event?: string;
  detail?: object;
}

const [folder = "", origin = "", server = ""] = process.argv.slice(2);
const program = new Program(folder, origin, server);
let nodes: { node: Shown; above: number | null }[] = [];

process.on("unhandledRejection", program.failed);

// The screen as a test sees it; numbers of nodes hold until the next look.
function look(): object {
  nodes = [];
  return { route: program.pages.at(-1)?.route ?? "", screen: program.shown().map((node) => described(node, null)), errors: program.errors, storage: Object.fromEntries(program.storage) };
}

function described(node: Shown & { origin?: Shown }, above: number | null): object {
  const number = nodes.push({ node: node.origin ?? node, above }) - 1;
  return { node: number, tag: node.tag, text: node.text, attributes: node.attributes, children: node.children.map((each) => described(each, number)) };
}

// An event of the view, from the node that it meets up to the page.
function meet(at: number, event: string, detail: object): void {
  for (let number: number | null = at; number !== null; number = nodes[number]!.above) {
    const { node } = nodes[number]!;
    if (event === "tap" && node.attributes["disabled"] === true) return;
    if (fire(node, event, detail) || event !== "tap") return;
  }
}

function obey(order: Order): object {
  switch (order.do) {
    case "launch":
      program.launch(order.url);
      return {};
    case "open":
      program.navigate("navigateTo", order.url!);
      return {};
    case "fire":
      meet(order.node!, order.event!, order.detail ?? {});
      return {};
    case "look":
      return look();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer: object;
  try {
    answer = obey(JSON.parse(line) as Order);
  } catch (error) {
    answer = { failure: String((error as Error).stack) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit();
