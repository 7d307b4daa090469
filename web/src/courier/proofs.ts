// Pictures that prove a delivery: made small, kept with their step, sent before it.

import { authorisation } from "@/api/http";
import { newKey } from "@/api/idempotency";
import { Problem } from "@/api/problem";
import { serverOrigin } from "@/platform/server";

export type ProofKind = "photo" | "signature";

// `id` names the picture for good; `bytes` where a browser took it, `path` where a mini-program did.
export interface ProofFile {
  id: string;
  kind: ProofKind;
  type: string;
  bytes?: ArrayBuffer;
  path?: string;
}

const SIDE = 1600;
const QUALITY = 0.8;

export async function fileOf(kind: ProofKind, blob: Blob): Promise<ProofFile> {
  return { id: newKey(), kind, type: blob.type || "image/jpeg", bytes: await blob.arrayBuffer() };
}

// Small enough to wait in a tunnel; where the browser cannot, as it is.
export async function smaller(photo: Blob): Promise<Blob> {
  try {
    const image = await createImageBitmap(photo, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    return made ?? photo;
  } catch {
    return photo;
  }
}

// Rejects with a `Problem`.
export function upload(leg: string, capturedAt: string, file: ProofFile): Promise<void> {
  const url = `${serverOrigin()}/api/v1/legs/${leg}/proofs/${file.id}?kind=${file.kind}&captured_at=${encodeURIComponent(capturedAt)}`;
  const bytes = file.bytes ?? bytesAt(file.path ?? "");
  return new Promise((resolve, reject) => {
    uni.request({
      url,
      method: "PUT",
      header: { ...authorisation(), "Content-Type": file.type },
      data: bytes as unknown as string,
      success: ({ statusCode, data }) =>
        statusCode < 300 ? resolve() : reject(new Problem(statusCode, typeof data === "object" && data ? (data as Record<string, unknown>) : {})),
      fail: ({ errMsg }) => reject(new Problem(0, { detail: errMsg })),
    });
  });
}

function bytesAt(path: string): ArrayBuffer {
  return uni.getFileSystemManager().readFileSync(path, undefined as never) as ArrayBuffer;
}
