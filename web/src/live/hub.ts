// The one connection of this device, for whoever is logged in, and what it says of itself.

import { Hub, eventStream, httpTicket, taskSocket, webSocket } from "@paidan/realtime";
import type { Freshness, Health, HubOptions } from "@paidan/realtime";
import { shallowRef } from "vue";

import { authorisation } from "@/api/http";
import { terms } from "@/api/terms";
import { serverOrigin, socketOrigin } from "@/platform/server";
import { platformFetch } from "@/platform/fetch";
import { PANE } from "@/platform/storage";

export const freshness = shallowRef<Freshness>({ state: "connecting", since: Date.now(), count: 0, code: null });

let hub: Hub | null = null;
let health: () => Health | undefined = () => undefined;

// Say with each answer to a ping how this device is doing.
export function reportHealth(report: () => Health | undefined): void {
  health = report;
}

// The connection of whoever is logged in; the first use opens it.
export function theHub(): Hub {
  hub ??= new Hub(options());
  return hub;
}

// Business time runs at another speed now; only demonstrations change it.
export function paceHub(speed: number, serverTime: string): void {
  hub?.pace(speed, serverTime);
}

// A guest's connection, by the token of a share link; its owner closes it.
export function guestHub(share: string, onFreshness: (value: Freshness) => void): Hub {
  return new Hub({
    ...ways(),
    ticket: httpTicket({ base: serverOrigin(), share, fetch: platformFetch }),
    clockSpeed: terms.value.clock_speed,
    onFreshness,
  });
}

export function closeHub(): void {
  hub?.close();
  hub = null;
}

function options(): HubOptions {
  return {
    ...ways(),
    ticket: httpTicket({ base: serverOrigin(), headers: authorisation, fetch: platformFetch }),
    clockSpeed: terms.value.clock_speed,
    health: () => health(),
    onFreshness: (value) => (freshness.value = value),
  };
}

function ways(): Pick<HubOptions, "socket" | "stream"> {
  const url = `${socketOrigin()}/ws/v1?auth=ticket${PANE && `&pane=${PANE}`}`;
  // #ifdef H5
  return { socket: webSocket(url), stream: eventStream({ base: serverOrigin(), headers: authorisation }) };
  // #endif
  // #ifndef H5
  return { socket: taskSocket(url, uni as never) };
  // #endif
}
