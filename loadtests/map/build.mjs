// Builds the bench's page with the screens' own tools: `node build.mjs INTO`.

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const here = import.meta.dirname;
const web = resolve(here, "../../web");
const tools = createRequire(resolve(web, "package.json"));
const { build } = await import(pathToFileURL(resolve(web, "node_modules/vite/dist/node/index.js")));

await build({
  configFile: false,
  root: here,
  base: "./",
  logLevel: "error",
  resolve: { alias: [{ find: /^leaflet$/, replacement: tools.resolve("leaflet") }, { find: "leaflet/dist/leaflet.css", replacement: tools.resolve("leaflet/dist/leaflet.css") }] },
  build: { outDir: resolve(process.argv[2]), emptyOutDir: true, target: "es2022" },
});
