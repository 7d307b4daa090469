// What waits for the person of this device: the inbox, and what a board rings for.

import { computed, shallowRef } from "vue";

import type { Row } from "@paidan/realtime";

import { post } from "@/api/http";
import { tellOpenNotices } from "@/platform/worker";

import { theHub } from "./hub";

export interface Notice {
  id: string;
  receipt: string;
  template: string;
  category: string;
  title: string;
  body: string;
  subject: string; // "order:<id>"
  url: string;
  action: { title: string; url: string } | null;
  needs_act: boolean;
  created_at: string;
}

const rows = shallowRef<readonly Row[]>([]);
const done = shallowRef<ReadonlySet<string>>(new Set()); // acknowledged here, before the server says so

export const notices = computed<Notice[]>(() =>
  rows.value
    .map((row) => row.d as Notice)
    .filter((notice) => !done.value.has(notice.receipt))
    .sort((a, b) => b.created_at.localeCompare(a.created_at)),
);

// Whether this device has acknowledged it, though the server may not have said so yet.
export function isAcknowledged({ receipt }: Pick<Notice, "receipt">): boolean {
  return done.value.has(receipt);
}

let followed = "";

// Whether they were not followed before.
export function followNotices(personId: string): boolean {
  if (followed === personId) return false;
  followed = personId;
  const onRows = (all: readonly Row[]) => {
    rows.value = all;
    tellOpenNotices(notices.value.map(({ id }) => id));
  };
  theHub().join(`user:${personId}`, { onRows });
  return true;
}

export function forgetNotices(): void {
  followed = "";
  rows.value = [];
  done.value = new Set();
}

// Tell the server and every other device that somebody is on it.
export function acknowledge(list: readonly Notice[]): void {
  if (!list.length) return;
  const receipts = list.map((notice) => notice.receipt);
  done.value = new Set([...done.value, ...receipts]);
  theHub().act(receipts);
}

export function saw(list: readonly Notice[]): void {
  if (list.length) theHub().seen(list.slice(0, 100).map((notice) => notice.receipt));
}

// A notice that was tapped on the device has been seen, whatever screen it led to.
export function sawOnDevice(id: string): void {
  post(`/notices/${id}/seen`).catch(() => null);
}
