// Reads a QR code with the camera, where the browser can.

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

type DetectorClass = new (options: { formats: string[] }) => Detector;

const LOOK_MS = 200;

// Calls `found` with the text of the first code, or `failed` with the word for why not; answers with the
// function that lets the camera go.
export function scan(video: HTMLVideoElement, found: (text: string) => void, failed: (why: "no_scan" | "no_camera") => void): () => void {
  const Known = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  let stream: MediaStream | null = null;
  let isOver = false;

  function stop(): void {
    isOver = true;
    for (const track of stream?.getTracks() ?? []) track.stop();
  }

  async function look(detector: Detector): Promise<void> {
    if (isOver) return;
    const [code] = await detector.detect(video).catch(() => []);
    if (!code) return void setTimeout(() => look(detector), LOOK_MS);
    stop();
    found(code.rawValue);
  }

  async function begin(Class: DetectorClass): Promise<void> {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (isOver) return stop();
      video.srcObject = stream;
      await video.play();
      await look(new Class({ formats: ["qr_code"] }));
    } catch {
      failed("no_camera");
    }
  }

  if (!Known || !navigator.mediaDevices?.getUserMedia) failed("no_scan");
  else void begin(Known);
  return stop;
}
