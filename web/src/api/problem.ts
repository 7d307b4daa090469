// What went wrong, as the server says it: RFC 9457, with a stable code.

import type { Json } from "@paidan/realtime";

export class Problem extends Error {
  readonly status: number; // 0: nothing was answered
  readonly code: string;
  readonly detail: string;
  readonly body: Json;

  constructor(status: number, body: Json) {
    super(String(body["detail"] ?? body["title"] ?? body["code"] ?? status));
    this.status = status;
    this.code = String(body["code"] ?? (status === 0 ? "unreachable" : `http_${status}`));
    this.detail = String(body["detail"] ?? "");
    this.body = body;
  }

  get isUnreachable(): boolean {
    return this.status === 0;
  }
}
