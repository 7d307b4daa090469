// What a customer can do with a running order.

import { terms } from "@/api/terms";
import { post } from "@/api/http";
import { explain, give } from "@/live/commands";
import type { Order } from "@/live/order";
import { ask } from "@/ui/asking";
import { toast } from "@/ui/toasts";
import { dateAndTimeOf, t } from "@/words";

function command(name: string, order: Order, args = {}): Promise<unknown> {
  return give(name, { order_id: order.id, ...args });
}

// A window opened before the answer comes is not taken for an unwanted one.
export async function pay(order: Order): Promise<void> {
  // #ifdef H5
  const tab = window.open("", "_blank");
  try {
    const { pay_url: url } = await post<{ pay_url: string }>(`/orders/${order.id}/payment`);
    (tab ?? window).location.href = url;
  } catch (error) {
    tab?.close();
    explain(error);
  }
  // #endif
  // #ifndef H5
  try {
    const { pay_url: url } = await post<{ pay_url: string }>(`/orders/${order.id}/payment`);
    uni.setClipboardData({ data: url });
  } catch (error) {
    explain(error);
  }
  // #endif
}

export function nudge(order: Order): Promise<unknown> {
  return command("order.nudge", order);
}

export async function collect(order: Order): Promise<void> {
  const title = t("order.collect");
  const said = await ask({ title, yes: title, fields: [{ kind: "words", text: t("order.collect_hint") }] });
  if (said) await command("order.convert_to_pickup", order);
}

export function answerPickup(order: Order, agree: boolean): Promise<unknown> {
  return command("order.answer_pickup", order, { agree });
}

export function answerAdjustment(order: Order, answer: "refund" | "cancel"): Promise<unknown> {
  return command("order.answer_adjustment", order, { answer });
}

// `asks`: the shop has begun, so it must agree.
export async function cancel(order: Order, asks: boolean): Promise<void> {
  const title = t(asks ? "order.ask_to_cancel" : "order.cancel");
  const said = await ask({ title, yes: title, isGrave: true, fields: [{ kind: "choice", name: "reason", options: terms.value.reasons.customer, words: "reasons" }] });
  if (said) await command(asks ? "order.request_cancellation" : "order.cancel", order, { reason: said["reason"] });
}

interface Share {
  url: string;
  expires_at: string;
}

// Pass on a link with which anybody may watch the order for a while.
export async function share(order: Order): Promise<void> {
  try {
    const link = await post<Share>(`/orders/${order.id}/share`);
    if (!(await handOver(link.url))) await show(link);
  } catch (error) {
    explain(error);
  }
}

// The device's own sheet; false where there is none, or it may not open.
async function handOver(url: string): Promise<boolean> {
  if (typeof navigator === "undefined" || !navigator.share) return false;
  try {
    await navigator.share({ title: t("share.title"), text: t("share.text"), url });
  } catch (error) {
    return (error as Error).name === "AbortError"; // they thought better of it
  }
  return true;
}

async function show({ url, expires_at: until }: Share): Promise<void> {
  const isCopied = await copy(url);
  const said = await ask({
    title: t("share.share"),
    yes: t("share.copy"),
    fields: [
      { kind: "words", text: t(isCopied ? "share.copied" : "share.by_hand") },
      { kind: "text", name: "url", label: t("share.title"), value: url, readonly: true },
      { kind: "words", text: t("share.until", { time: dateAndTimeOf(until) }) },
      { kind: "words", text: t("share.who") },
    ],
  });
  if (said && (await copy(url))) toast(t("share.copied"));
}

// Only a page with TLS has a clipboard, and only where the person lets it.
async function copy(text: string): Promise<boolean> {
  // #ifdef H5
  return navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false;
  // #endif
  // #ifndef H5
  return new Promise((resolve) => uni.setClipboardData({ data: text, showToast: false, success: () => resolve(true), fail: () => resolve(false) }));
  // #endif
}
