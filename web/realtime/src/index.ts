// The client of the hub, for browsers, mini-programs and Node. See README.md.

export type { Freshness, FreshnessState } from "./freshness.ts";
export type { Cause, HubOptions, TopicHandlers } from "./hub.ts";
export type { CourierPos, EventBody, Health, Json, Position, Row } from "./frames.ts";
export type { Environment } from "./environment.ts";
export { Ended, HubError, NoTicket, Refused, TimedOut } from "./errors.ts";
export { Hub } from "./hub.ts";
export { eventStream } from "./stream.ts";
export { httpTicket } from "./tickets.ts";
export { pageHub } from "./page.ts";
export { taskSocket, webSocket } from "./sockets.ts";
