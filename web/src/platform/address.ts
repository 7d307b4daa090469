// The secret of a link: behind "#" in a browser, so that no server's log and no other site reads
// it; a mini-program has it among what the screen was opened with.

export function secretOf(query: Record<string, unknown> | undefined): string {
  // #ifdef H5
  if (location.hash.length > 1) return decodeURIComponent(location.hash.slice(1));
  // #endif
  return String(query?.["token"] ?? "");
}
