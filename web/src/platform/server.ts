// Where the server is: this page's own origin, or what a mini-program was built for.

const BUILT_FOR = import.meta.env.VITE_SERVER ?? "http://127.0.0.1:8000";

// "https://hub.example", without a slash at the end.
export function serverOrigin(): string {
  // #ifdef H5
  return globalThis.location.origin;
  // #endif
  // #ifndef H5
  return BUILT_FOR;
  // #endif
}

export function socketOrigin(): string {
  return serverOrigin().replace(/^http/, "ws");
}
