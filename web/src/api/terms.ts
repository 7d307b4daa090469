// What the server lets every client know before anybody logs in: times, reasons, how fast its clock runs.

import { shallowRef } from "vue";

import { keep, recall } from "@/platform/storage";

import { get } from "./http";

const KEPT = "terms";
const PATIENCE_MS = 2_000; // then the terms of the last visit do

export interface Terms {
  time: string; // business time of the answer
  clock_speed: number; // business seconds a real second; 1 outside demonstrations
  spans: Record<"accept" | "payment" | "cancellation" | "pickup" | "adjustment" | "free_cancellation", number>; // seconds
  reasons: { customer: string[]; merchant: string[] };
  online_payment: boolean;
  attribution: string;
  is_demo: boolean;
}

const NONE: Terms = {
  time: "",
  clock_speed: 1,
  spans: { accept: 300, payment: 900, cancellation: 180, pickup: 600, adjustment: 300, free_cancellation: 60 },
  reasons: { customer: [], merchant: [] },
  online_payment: false,
  attribution: "",
  is_demo: false,
};

const last = recall<Terms>(KEPT);

export const terms = shallowRef<Terms>(last ?? NONE);

let asking: Promise<void> | null = null;

// Settles once the terms are known; a failure is tried again by the next who asks.
export function knowTerms(): Promise<void> {
  asking ??= get<Terms>("/client")
    .then((known) => {
      terms.value = known;
      keep(KEPT, known);
    })
    .catch((error: unknown) => {
      asking = null;
      throw error;
    });
  return last ? Promise.race([asking, new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS))]) : asking;
}

// Ask once more: in a demonstration they change.
export async function renewTerms(): Promise<Terms> {
  terms.value = await get<Terms>("/client");
  return terms.value;
}
