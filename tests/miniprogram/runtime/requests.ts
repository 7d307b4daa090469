// `wx.request`: only to the server that the mini-program's owner has registered, and only over TLS by its name.

import { onlyKnown } from "./api.ts";
import type { Api, Callbacks, Surroundings } from "./api.ts";

interface Request extends Callbacks {
  url: string;
  method?: string;
  data?: unknown;
  header?: Record<string, string>;
  timeout?: number;
}

const KNOWN = ["url", "method", "data", "header", "timeout", "dataType", "responseType", "enableHttp2", "enableQuic", "enableCache", "enableChunked"];

// The address to ask in place of the public one.
export function mapped(url: string, scheme: "http" | "ws", { origin, server }: Surroundings): string {
  const own = origin.replace(/^https/, scheme === "ws" ? "wss" : "https");
  if (!url.startsWith(`${own}/`)) throw new Error("url not in domain list");
  return `${scheme}://${server}${url.slice(own.length)}`;
}

export function requests(around: Surroundings): Api {
  return {
    request(options: Request) {
      onlyKnown("request", options, KNOWN);
      const stop = new AbortController();
      ask(options, around, stop.signal)
        .then((result) => (options.success?.(result), result))
        .catch((error: Error) => {
          const result = { errMsg: `request:fail ${error.message}` };
          options.fail?.(result);
          return result;
        })
        .then((result) => options.complete?.(result));
      return { abort: () => stop.abort(), onHeadersReceived() {}, offHeadersReceived() {} };
    },
  };
}

async function ask({ url, method = "GET", data, header = {}, timeout = 60_000 }: Request, around: Surroundings, signal: AbortSignal): Promise<object> {
  const answer = await fetch(mapped(url, "http", around), {
    method,
    headers: header,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    ...(data !== undefined && { body: typeof data === "string" ? data : JSON.stringify(data) }),
  });
  const text = await answer.text();
  return { statusCode: answer.status, header: Object.fromEntries(answer.headers), cookies: [], data: parsed(text), errMsg: "request:ok" };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
