// Where the client starts, in a browser and in a mini-program.

import { createPinia } from "pinia";
import { createSSRApp } from "vue";

import App from "./App.vue";

export function createApp() {
  const app = createSSRApp(App);
  app.use(createPinia());
  return { app };
}
