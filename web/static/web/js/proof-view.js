// A picture that a courier took of a delivery, small; it opens in full.

import { h } from "./dom.js";
import { t, timeOf, word } from "./words.js";

export function proofLink(url, label) {
  return h("a", { class: "proof", href: url, target: "_blank", rel: "noopener" }, h("img", { src: url, alt: label, loading: "lazy" }));
}

// How a delivery was proven; nothing before it was.
export function proofOf(leg) {
  const proof = leg?.proof;
  if (!proof || !["pin", "qr", "photo", "signature"].includes(proof.kind)) return "";
  return h(
    "div",
    { class: "spread", "data-proof": proof.kind },
    h("span", {}, t("order.proven", { kind: word("proof_kinds", proof.kind), time: timeOf(proof.at) })),
    proof.is_verified ? "" : h("span", { class: "badge alert" }, t("order.unverified")),
    proof.url ? proofLink(proof.url, word("proof_kinds", proof.kind)) : "",
  );
}
