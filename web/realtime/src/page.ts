// The hub of a page that its own server sent: known by its session cookie, with all there is.

import type { HubOptions } from "./hub.ts";
import { Hub } from "./hub.ts";
import { webSocket } from "./sockets.ts";
import { eventStream } from "./stream.ts";
import { httpTicket } from "./tickets.ts";

export interface PageOptions extends Partial<HubOptions> {
  csrf?: () => string; // the token that shows that a request comes from our page
}

export function pageHub({ csrf, ...options }: PageOptions = {}): Hub {
  const headers = () => ({ "X-CSRFToken": csrf?.() ?? "" });
  const url = globalThis.location.origin.replace(/^http/, "ws");
  // A browser sends the cookie whether it is to count or not.
  const who = options.session === false ? "?auth=ticket" : "";
  return new Hub({
    socket: webSocket(`${url}/ws/v1${who}`),
    stream: eventStream({ base: "", headers }),
    ticket: httpTicket({ base: "", headers }),
    session: true,
    ...options,
  });
}
