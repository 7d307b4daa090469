// Tickets for the kitchen's printer. The server remembers what was printed, so that every board of the
// shop knows a copy; how many copies, and whether by itself, each device decides for its own printer.

import { nextTick, ref, shallowRef } from "vue";

import { TimedOut } from "@paidan/realtime";

import { explain } from "@/live/commands";
import { theHub } from "@/live/hub";
import type { Order } from "@/live/order";
import { keep, recall } from "@/platform/storage";
import { toast } from "@/ui/toasts";
import { t } from "@/words";

export interface Change {
  kind: "quantity" | "fulfilment" | "cancelled";
  name?: string;
  before?: number | string;
  now?: number | string;
}

export interface Ticket {
  id: string;
  code: string; // names ticket and revision: two copies are one
  serial: number;
  revision: number;
  mark: "first" | "reprint" | "changed" | "unsure"; // unsure: printed without a connection
  copies: number;
  printed_at: string;
  lines: { id: string; name: string; quantity: number }[];
  fulfilment: string;
  is_cancelled: boolean;
  changes: Change[];
  before: { at: string; by: string } | null;
}

export interface Paper {
  ticket: Ticket;
  order: Order;
}

export const MOST_COPIES = 4;
const COPIES = "ticket.copies";
const BY_ITSELF = "ticket.by_itself";
const PATIENCE_MS = 4_000; // then the kitchen gets a paper that says it may be a copy

export const paper = shallowRef<Paper | null>(null);
export const copies = ref(String(recall<number>(COPIES) ?? 1));
export const printsByItself = ref(recall<boolean>(BY_ITSELF) ?? false);

export function setCopies(value: string): void {
  copies.value = value;
  keep(COPIES, Number(value));
}

export function setPrintsByItself(value: boolean): void {
  printsByItself.value = value;
  keep(BY_ITSELF, value);
}

export async function printTicket(order: Order): Promise<void> {
  const ticket = await record(order);
  if (!ticket) return;
  paper.value = { ticket, order };
  await nextTick();
  await drawn();
  // #ifdef H5
  globalThis.print();
  // #endif
  toast(t(`tickets.done_${ticket.mark}`, { number: order.number, n: ticket.copies }));
}

// Null when the server refused.
async function record(order: Order): Promise<Ticket | null> {
  const args = { order_id: order.id, copies: Number(copies.value) };
  if (!theHub().ready) return unsure(order);
  try {
    const { ticket } = await theHub().command("order.print_ticket", args, { timeoutMs: PATIENCE_MS });
    return ticket as Ticket;
  } catch (error) {
    if (error instanceof TimedOut) return unsure(order);
    explain(error);
    return null;
  }
}

function unsure(order: Order): Ticket {
  return {
    id: order.id,
    code: `paidan:ticket:${order.id}:0`,
    serial: 0,
    revision: 0,
    mark: "unsure",
    copies: Number(copies.value),
    printed_at: new Date(theHub().now()).toISOString(),
    lines: order.lines.map(({ id, name, quantity }) => ({ id, name, quantity })),
    fulfilment: order.fulfilment,
    is_cancelled: order.state === "cancelled",
    changes: [],
    before: null,
  };
}

// The code is a picture, and a printer does not wait for pictures.
async function drawn(): Promise<void> {
  // #ifdef H5
  const pictures = [...document.querySelectorAll<HTMLImageElement>(".papers img")];
  await Promise.all(pictures.map((picture) => picture.decode().catch(() => {})));
  // #endif
}
