// Reads a QR code with the camera, where the browser can.

import { h } from "./dom.js";
import { t } from "./words.js";

const LOOK_MS = 200;

export function canScan() {
  return "BarcodeDetector" in globalThis && Boolean(navigator.mediaDevices?.getUserMedia);
}

// A view of the camera; `onFound` gets the text of the first code. `stop` lets the camera go.
export function scanner(onFound) {
  const video = h("video", { class: "scan", muted: true, playsinline: true });
  const note = h("p", { class: "muted" }, t("courier.scan_hint"));
  let stream = null;
  let isOver = false;

  const stop = () => {
    isOver = true;
    for (const track of stream?.getTracks() ?? []) track.stop();
  };
  const look = async (detector) => {
    if (isOver) return;
    const [code] = await detector.detect(video).catch(() => []);
    if (code && !isOver) {
      stop();
      onFound(code.rawValue);
    } else setTimeout(() => look(detector), LOOK_MS);
  };
  const begin = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (isOver) return stop();
      video.srcObject = stream;
      await video.play();
      look(new BarcodeDetector({ formats: ["qr_code"] }));
    } catch {
      note.textContent = t("courier.no_camera");
    }
  };
  begin();
  return { element: h("div", { class: "stack" }, video, note), stop };
}
