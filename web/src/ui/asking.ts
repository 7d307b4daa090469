// Questions before a deed: `ask` shows one and settles with what was said, or null.

import { shallowRef } from "vue";

export type AskField =
  | { kind: "words"; text: string; tone?: "" | "warn" | "alert" }
  | { kind: "choice"; name: string; options: readonly string[]; words?: string; labels?: Record<string, string>; legend?: string }
  | { kind: "select"; name: string; options: readonly string[]; labels: Record<string, string>; label: string }
  | { kind: "tick"; name: string; label: string; must?: boolean } // must: without it the answer is no answer
  | { kind: "text"; name: string; label: string; type?: "text" | "number" | "tel" | "time"; value?: string; maxlength?: number; optional?: boolean; readonly?: boolean }
  | { kind: "checks"; name: string; options: Record<string, string>; legend?: string }
  | { kind: "amounts"; name: string; lines: readonly { id: string; label: string; most: number }[] };

export interface Question {
  title: string;
  fields: readonly AskField[];
  yes?: string;
  isGrave?: boolean;
  asks?: boolean; // false: there is nothing to answer
}

// What was said: the value of a choice or a text; names that were ticked; amounts by id.
export type Said = Record<string, string | string[] | Record<string, number>>;

export interface Asked extends Question {
  settle(said: Said | null): void;
}

export const asked = shallowRef<Asked | null>(null);

export function ask(question: Question): Promise<Said | null> {
  asked.value?.settle(null);
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      settle(said) {
        asked.value = null;
        resolve(said);
      },
    };
  });
}
