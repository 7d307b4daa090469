// Passing on a link with which anybody may watch the order for a while.

import { h } from "./dom.js";
import { ask, explain, toast } from "./overlays.js";
import { post } from "./shell.js";
import { dateAndTimeOf, t } from "./words.js";

export function shareButton(order) {
  return h("button", { "data-deed": "share", onclick: () => share(order) }, t("share.share"));
}

async function share(order) {
  try {
    const link = await post(`/api/v1/orders/${order.id}/share`);
    if (!(await handOver(link.url))) await show(link);
  } catch (error) {
    explain(error);
  }
}

// Let the device's own sheet pass it on; false where there is none, or it may not open.
async function handOver(url) {
  if (!navigator.share) return false;
  try {
    await navigator.share({ title: t("share.title"), text: t("share.text"), url });
  } catch (error) {
    return error.name === "AbortError"; // they thought better of it
  }
  return true;
}

// Only a page with TLS has a clipboard, and only where the person lets it.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

async function show({ url, expires_at: until }) {
  const isCopied = await copy(url);
  const address = h("input", { id: "share-url", readonly: true, value: url, "aria-label": t("share.title"), onfocus: () => address.select() });
  const fields = h(
    "div",
    { class: "stack" },
    h("p", {}, t(isCopied ? "share.copied" : "share.by_hand")),
    address,
    h("p", { class: "muted small" }, t("share.until", { time: dateAndTimeOf(until) })),
    h("p", { class: "muted small" }, t("share.who")),
  );
  const said = await ask({ title: t("share.share"), fields, yes: t("share.copy") });
  if (said && (await copy(url))) toast(t("share.copied"));
}
