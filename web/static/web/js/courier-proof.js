// What proves a delivery: the code told or scanned, a photo, or a signature.

import { h } from "./dom.js";
import { ask, choice, toast } from "./overlays.js";
import { canScan, scanner } from "./qr-scan.js";
import { signaturePad } from "./signature.js";
import { t } from "./words.js";

const PHOTO_SIDE = 1600;
const PHOTO_QUALITY = 0.8;

// A picture as the queue keeps it; its id names it for good.
async function fileOf(kind, blob) {
  return { id: crypto.randomUUID(), kind, type: blob.type || "image/jpeg", bytes: await blob.arrayBuffer() };
}

// Small enough to wait in a tunnel; where the browser cannot, as it is.
async function smaller(photo) {
  try {
    const image = await createImageBitmap(photo, { imageOrientation: "from-image" });
    const scale = Math.min(1, PHOTO_SIDE / Math.max(image.width, image.height));
    const canvas = h("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", PHOTO_QUALITY));
    return made ?? photo;
  } catch {
    return photo;
  }
}

export function photoField(isRequired) {
  const input = h("input", { type: "file", name: "photo", accept: "image/*", capture: "environment", required: isRequired });
  return h("label", {}, t(isRequired ? "courier.photo_ask" : "courier.photo_optional"), input);
}

export async function photoOf(said) {
  return said.photo?.size ? fileOf("photo", await smaller(said.photo)) : null;
}

function codeField() {
  const input = h("input", { name: "pin", required: true, inputmode: "numeric", autocomplete: "off", autofocus: true });
  return h("label", {}, t("courier.pin_ask"), input);
}

// One panel for each kind; `found` is called with a scanned text.
function panels(found) {
  const pad = signaturePad();
  let scan = null;
  return {
    pad,
    stop: () => scan?.stop(),
    pin: () => codeField(),
    qr: () => {
      scan = canScan() ? scanner(found) : null;
      return scan ? scan.element : h("div", { class: "stack" }, h("p", { class: "muted" }, t("courier.no_scan")), codeField());
    },
    photo: () => photoField(true),
    signature: () => pad.element,
  };
}

// Ask for one of the kinds that this delivery takes; null when the person thinks better of it, else
// {proof, file}.
export async function askProof(leg) {
  const kinds = leg.proof_kinds?.length ? leg.proof_kinds : ["pin"];
  let scanned = null;
  const found = (text) => {
    scanned = text;
    box.closest("form").requestSubmit(box.closest("form").querySelector('[value="yes"]'));
  };
  const made = panels(found);
  const box = h("div", { class: "stack", "data-kind": kinds[0] });
  const show = (kind) => {
    made.stop();
    box.dataset.kind = kind;
    box.replaceChildren(made[kind]());
  };
  const chosen = kinds.length > 1 ? choice("kind", kinds, "proof_kinds") : "";
  if (chosen) chosen.addEventListener("change", (event) => show(event.target.value));
  show(kinds[0]);
  const said = await ask({ title: t("courier.deliver"), fields: [chosen, box] });
  made.stop();
  return said && proofOf(said.kind ?? kinds[0], said, { leg, scanned, pad: made.pad });
}

async function proofOf(kind, said, { leg, scanned, pad }) {
  if (kind === "pin") return { proof: { kind, value: said.pin.trim() } };
  if (kind === "qr") return { proof: { kind, value: scanned ?? `paidan:${leg.order_id}:${said.pin.trim()}` } };
  const blob = kind === "signature" ? await pad.read() : null;
  const file = kind === "photo" ? await photoOf(said) : blob && (await fileOf(kind, blob));
  if (file) return { proof: { kind, value: file.id }, file };
  toast(t("courier.sign_first"), "alert");
  return null;
}
