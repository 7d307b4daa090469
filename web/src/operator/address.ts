// What a screen shows stands in its address, so that it can be sent to somebody and survives a reload.

import type { Query } from "@/api/http";

// Write `query` into the address of `screen` without going anywhere.
export function placeIn(screen: string, query: Query): void {
  // #ifdef H5
  const given = Object.entries(query).filter(([, value]) => value);
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&");
  history.replaceState(history.state, "", `/app${screen}${text ? `?${text}` : ""}`);
  // #endif
}
