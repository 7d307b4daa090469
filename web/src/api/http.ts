// Requests to the public API, with the token of whoever is logged in.

import type { Json } from "@paidan/realtime";

import { serverOrigin } from "@/platform/server";
import { PANE } from "@/platform/storage";

import { Problem } from "./problem";

const TIMEOUT_MS = 15_000;

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Asking {
  body?: Json;
  query?: Query;
  headers?: Record<string, string>;
}

let token = "";
let refused: () => void = () => {};

// Speak as the owner of `value`; `onRefused` is called when the server knows it no more.
export function speakAs(value: string, onRefused: () => void): void {
  token = value;
  refused = onRefused;
}

export function authorisation(): Record<string, string> {
  return { ...(token && { Authorization: `Bearer ${token}` }), ...(PANE && { "Paidan-Pane": PANE }) };
}

export function get<T = Json>(path: string, query?: Query): Promise<T> {
  return ask<T>("GET", path, query ? { query } : {});
}

export function post<T = Json>(path: string, body: Json = {}, headers = {}): Promise<T> {
  return ask<T>("POST", path, { body, headers });
}

export function remove<T = Json>(path: string): Promise<T> {
  return ask<T>("DELETE", path);
}

// `path` stands below /api/v1. Rejects with a `Problem`.
export function ask<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, { body, query, headers }: Asking = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    uni.request({
      url: `${serverOrigin()}/api/v1${path}${queryText(query)}`,
      method,
      timeout: TIMEOUT_MS,
      header: { Accept: "application/json", ...(body && { "Content-Type": "application/json" }), ...authorisation(), ...headers },
      ...(body && { data: body }),
      success: ({ statusCode, data }) => {
        if (statusCode >= 200 && statusCode < 300) return resolve(data as T);
        const problem = new Problem(statusCode, isRecord(data) ? data : {});
        if (problem.code === "unauthenticated" && token) refused();
        reject(problem);
      },
      fail: ({ errMsg }) => reject(new Problem(0, { detail: errMsg })),
    });
  });
}

function queryText(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  if (!given.length) return "";
  return `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}

function isRecord(data: unknown): data is Json {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}
