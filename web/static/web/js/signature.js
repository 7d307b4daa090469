// A pad to sign on with a finger; gives the drawing as a PNG.

import { h } from "./dom.js";
import { t } from "./words.js";

const WIDTH = 640;
const HEIGHT = 280;

export function signaturePad() {
  const canvas = h("canvas", { class: "signature", width: WIDTH, height: HEIGHT, role: "img", "aria-label": t("courier.sign_here") });
  const pen = canvas.getContext("2d");
  Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#111" });
  let isSigned = false;

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * WIDTH) / box.width, ((event.clientY - box.top) * HEIGHT) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    isSigned = true;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  const clear = () => {
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    isSigned = false;
  };
  const element = h("div", { class: "stack" }, h("p", {}, t("courier.sign_here")), canvas, h("button", { type: "button", class: "plain", onclick: clear }, t("courier.sign_again")));
  const read = () => (isSigned ? new Promise((resolve) => canvas.toBlob(resolve, "image/png")) : null);
  return { element, read };
}
