// Short words about what just happened; they leave by themselves.

import { shallowRef } from "vue";

const SHOWN_MS = 6_000;
const MOST = 4;

export interface Toast {
  id: number;
  text: string;
  tone: "" | "alert";
}

export const toasts = shallowRef<readonly Toast[]>([]);
let last = 0;

export function toast(text: string, tone: Toast["tone"] = ""): void {
  const made = { id: ++last, text, tone };
  toasts.value = [...toasts.value, made].slice(-MOST);
  setTimeout(() => dismiss(made.id), SHOWN_MS);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}
