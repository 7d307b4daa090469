// What a caller can be told, each with a stable `code`.

import type { Err, Json } from "./frames.ts";

export class HubError extends Error {
  readonly code: string;
  readonly retry: boolean; // whether the same may succeed later
  readonly d: Json; // the members that came with it

  constructor(code: string, retry = false, d: Json = {}) {
    super(d["detail"] ?? code);
    this.name = new.target.name;
    this.code = code;
    this.retry = retry;
    this.d = d;
  }
}

// The server said no.
export class Refused extends HubError {
  static of(frame: Err): Refused {
    return new Refused(frame.code, frame.retry, frame.d);
  }
}

// No answer came in time; the command may have been carried out, and may be repeated under its key.
export class TimedOut extends HubError {
  constructor() {
    super("timeout", true);
  }
}

// The connection ended for good: `closeCode` is the server's, null when `close()` was called.
export class Ended extends HubError {
  readonly closeCode: number | null;

  constructor(closeCode: number | null) {
    super("ended", false, { close_code: closeCode });
    this.closeCode = closeCode;
  }
}

// A ticket source throws this when there is nobody to issue a ticket for.
export class NoTicket extends HubError {
  constructor() {
    super("unauthenticated");
  }
}
