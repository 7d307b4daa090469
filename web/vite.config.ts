import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";

import uniPlugin from "@dcloudio/vite-plugin-uni";
import { defineConfig } from "vite";
import type { Plugin } from "vite";

// The plugin is CommonJS: as a module it may come wrapped.
const uni = (uniPlugin as unknown as { default?: typeof uniPlugin }).default ?? uniPlugin;

// The framework's own styles and start ask a server of its makers for pictures that no screen here shows.
const offline: Plugin = {
  name: "offline",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === "asset" && file.fileName.endsWith(".css"))
        file.source = String(file.source).replace(/url\(["']?https:[^)]*\)/g, "none");
      if (file.type === "chunk") file.code = file.code.replace(/\bwx\.preloadAssets\b/g, "undefined");
    }
  },
};

const SMALL_BYTES = 1_000; // what fits into one packet gains nothing

// Browsers get scripts and styles packed; the server finds them beside the plain ones.
const packed: Plugin = {
  name: "packed",
  writeBundle: {
    order: "post",
    sequential: true,
    handler({ dir }, bundle) {
      if (process.env["UNI_PLATFORM"] !== "h5") return;
      for (const name of Object.keys(bundle).filter((each) => /\.(?:js|css|svg|json)$/.test(each))) {
        const text = readFileSync(resolve(dir!, name));
        if (text.length > SMALL_BYTES) writeFileSync(resolve(dir!, `${name}.gz`), gzipSync(text, { level: 9 }));
      }
    },
  },
};

export default defineConfig({
  base: "/static/app/",
  // Props that are taken apart stay reactive, as in later versions of Vue.
  plugins: [uni({ vueOptions: { script: { propsDestructure: true } } }), offline, packed],
  resolve: {
    alias: {
      "@": resolve(import.meta.dirname, "src"),
      "@words": resolve(import.meta.dirname, "words"),
      "@paidan/realtime": resolve(import.meta.dirname, "realtime/src/index.ts"),
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/ws": { target: "ws://127.0.0.1:8000", ws: true } } },
});
