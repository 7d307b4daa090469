// `wx.connectSocket`: tasks over the WebSocket of Node, five at a time as in WeChat.

import { onlyKnown, settle } from "./api.ts";
import type { Api, Callbacks, Surroundings } from "./api.ts";
import { mapped } from "./requests.ts";

interface Connecting extends Callbacks {
  url: string;
  protocols?: string[];
}

type Listener = (event: object) => void;

const MOST = 5;
const KNOWN = ["url", "header", "protocols", "tcpNoDelay", "perMessageDeflate", "timeout", "forceCellularNetwork"];

export function sockets(around: Surroundings): Api {
  let open = 0;
  return {
    connectSocket(options: Connecting) {
      onlyKnown("connectSocket", options, KNOWN);
      if (open >= MOST) throw new Error("exceed max task count");
      open += 1;
      const task = new SocketTask(mapped(options.url, "ws", around), options.protocols ?? [], () => (open -= 1));
      settle(options, "connectSocket", () => {});
      return task;
    },
  };
}

class SocketTask {
  private readonly socket: WebSocket;

  constructor(url: string, protocols: string[], ended: () => void) {
    this.socket = new WebSocket(url, protocols);
    this.socket.addEventListener("close", ended);
  }

  onOpen(work: Listener): void {
    this.socket.addEventListener("open", () => work({ header: {} }));
  }

  onMessage(work: Listener): void {
    this.socket.addEventListener("message", ({ data }) => work({ data }));
  }

  onClose(work: Listener): void {
    this.socket.addEventListener("close", ({ code, reason }) => work({ code, reason }));
  }

  onError(work: Listener): void {
    this.socket.addEventListener("error", () => work({ errMsg: "connectSocket:fail" }));
  }

  send(options: Callbacks & { data: string }): void {
    onlyKnown("SocketTask.send", options, ["data"]);
    settle(options, "sendSocketMessage", () => {
      if (this.socket.readyState !== WebSocket.OPEN) throw new Error("SocketTask.readyState is not OPEN");
      this.socket.send(options.data);
    });
  }

  close(options: Callbacks & { code?: number; reason?: string } = {}): void {
    onlyKnown("SocketTask.close", options, ["code", "reason"]);
    settle(options, "closeSocket", () => this.socket.close(options.code ?? 1000, options.reason ?? ""));
  }
}
