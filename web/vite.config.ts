import { resolve } from "node:path";

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

export default defineConfig({
  base: "/static/app/",
  // Props that are taken apart stay reactive, as in later versions of Vue.
  plugins: [uni({ vueOptions: { script: { propsDestructure: true } } }), offline],
  resolve: {
    alias: {
      "@": resolve(import.meta.dirname, "src"),
      "@words": resolve(import.meta.dirname, "words"),
      "@paidan/realtime": resolve(import.meta.dirname, "realtime/src/index.ts"),
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/ws": { target: "ws://127.0.0.1:8000", ws: true } } },
});
