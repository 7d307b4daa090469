// The frames of `paidan.v1` as a client reads and writes them; docs/protocol.md is their rule.

export interface Position {
  epoch: string;
  seq: number;
}

export type Json = Record<string, any>;

export interface Row {
  key: string;
  ver: number;
  d: Json;
}

export interface Welcome {
  t: "welcome";
  conn: string;
  user: string;
  lease_s: number;
  ping_s: number;
  server_time: string;
}

export interface Subd extends Position {
  t: "subd";
  id: number;
  topic: string;
  recovered: boolean;
  count: number;
}

export interface Snap extends Position {
  t: "snap";
  topic: string;
  part: number;
  last: boolean;
  rows: Row[];
}

export interface EventBody extends Row {
  topic: string;
  p: number;
  seq: number;
  type: string;
  at: string;
  actor: Json;
  crit?: string;
}

export interface CourierPos {
  t: "pos";
  topic: string;
  courier: string;
  lat: number;
  lng: number;
  at: string;
}

export interface Ok {
  t: "ok";
  id: number;
  d: Json;
}

export interface Err {
  t: "err";
  id?: number;
  code: string;
  retry: boolean;
  d?: Json;
}

export type ServerFrame =
  | Welcome
  | Subd
  | Snap
  | ({ t: "ev" } & EventBody)
  | { t: "evs"; evs: EventBody[] }
  | CourierPos
  | Ok
  | Err
  | { t: "ping" }
  | { t: "drain"; retry_ms: number };

// How a device is doing; rides on the answer to a ping. Every member may be left out.
export interface Health {
  battery?: number; // 0 to 1
  charging?: boolean;
  sound?: boolean; // an alert would be heard
  hidden?: boolean; // the page is not in sight
}

export interface Sub {
  t: "sub";
  id: number;
  topic: string;
  since?: Position;
}

export interface Cmd {
  t: "cmd";
  id: number;
  name: string;
  args: Json;
  key: string;
  ver?: number;
}

export type ClientFrame =
  | { t: "auth" | "refresh"; ticket: string; caps?: string[] }
  | Sub
  | { t: "unsub"; topic: string }
  | { t: "ack"; topic: string; seq: number }
  | { t: "seen" | "act"; r: string[] }
  | Cmd
  | { t: "pos"; lat: number; lng: number; acc?: number; at: string }
  | { t: "pong"; health?: Health };
