// Where a client stands in its topics, as `/api/v1/stream` takes it: what docs/protocol.md says of cursors.

import type { Sub } from "./frames.ts";

const VERSION = "1";

// Of the questions that name a position; null when none does. What is not named begins with a snapshot.
export function cursorOf(questions: readonly Sub[]): string | null {
  const parts = questions.flatMap(({ topic, since }) => (since ? [`${codeOf(topic)}.${since.seq}.${since.epoch}`] : []));
  return parts.length > 0 ? [VERSION, ...parts].join("~") : null;
}

// The first letter of its kind, and its id in 22 characters.
function codeOf(topic: string): string {
  const [kind, id] = topic.split(":") as [string, string];
  const bytes = id.replaceAll("-", "").match(/../g) ?? [];
  const text = btoa(String.fromCharCode(...bytes.map((byte) => Number.parseInt(byte, 16))));
  return kind[0] + text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
