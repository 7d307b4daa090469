// Where tickets come from: `POST /api/v1/realtime/ticket`, with a token, a cookie or a share link.

import type { TicketSource } from "./attempt.ts";
import { NoTicket } from "./errors.ts";
import type { Json } from "./frames.ts";

// Nobody is logged in, the link is none of ours, or it has had its time: asking again is in vain.
const IN_VAIN = [401, 403, 404, 410];

export interface TicketOptions {
  base: string;
  headers?: () => Record<string, string>;
  share?: string; // the token of a share link; nobody needs to be logged in for it
  fetch?: typeof fetch;
}

export function httpTicket({ base, headers, share, fetch: ask }: TicketOptions): TicketSource {
  return async () => {
    const body = share === undefined ? {} : { body: JSON.stringify({ share }) };
    const response = await (ask ?? globalThis.fetch)(`${base}/api/v1/realtime/ticket`, {
      method: "POST",
      headers: { ...headers?.(), ...(share !== undefined && { "Content-Type": "application/json" }) },
      ...body,
    });
    if (IN_VAIN.includes(response.status)) throw new NoTicket();
    if (!response.ok) throw new Error(`no ticket: ${response.status}`);
    return ((await response.json()) as Json)["ticket"];
  };
}
