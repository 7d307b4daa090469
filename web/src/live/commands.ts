// Deeds through the one gate, and what a refusal means in words.

import { Refused, TimedOut } from "@paidan/realtime";
import type { Json } from "@paidan/realtime";

import { Problem } from "@/api/problem";
import { tellWall } from "@/platform/wall";
import { toast } from "@/ui/toasts";
import { t, word } from "@/words";

import { theHub } from "./hub";

// What happened, in the person's words where there are some.
export function reasonOf(error: unknown): string {
  if (error instanceof TimedOut) return t("errors.timed_out");
  const code = error instanceof Refused || error instanceof Problem ? error.code : "";
  const known = word("errors", code);
  return code && known !== code ? known : String((error as Error).message ?? error);
}

export function explain(error: unknown): void {
  toast(reasonOf(error), "alert");
}

// Settles with the answer, or with null when the command was refused; then it was explained.
export async function give(name: string, args: Json = {}, onRefused: (error: unknown) => void = explain): Promise<Json | null> {
  try {
    const answer = await theHub().command(name, args);
    tellWall("did", { name, args });
    return answer;
  } catch (error) {
    onRefused(error);
    return null;
  }
}
