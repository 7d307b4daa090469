// The demonstration's own API; it answers its wall only.

import { serverOrigin } from "@/platform/server";

export interface PaneOf {
  person: string;
  name: string;
  screen: string;
}

export const PANES = ["board-a", "board-b", "tracking", "courier", "operator"] as const;
export type PaneName = (typeof PANES)[number];

export interface Scene {
  shop: { id: string; name: string };
  order: { id: string; number: number; state: string; leg: string } | null;
  panes: Record<PaneName, PaneOf | null>;
}

export interface Message {
  kind: "push" | "sms" | "call";
  at: string;
  person: string;
  device: string;
  title: string;
  body: string;
}

export class WallRefused extends Error {}

export async function askDemo<T>(path: string, body?: object): Promise<T> {
  const answer = await fetch(`${serverOrigin()}/demo/api/${path}`, {
    method: body ? "POST" : "GET",
    headers: { "X-Paidan-Wall": "1", ...(body && { "Content-Type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new WallRefused(String(content.code ?? answer.status));
  return content as T;
}
