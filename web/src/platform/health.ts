// How this device is doing, as far as it tells.

import type { Health } from "@paidan/realtime";

interface Battery {
  level: number;
  charging: boolean;
}

let battery: Battery | null = null;

// #ifdef H5
// Not every browser tells its battery, and some refuse to.
(navigator as Navigator & { getBattery?(): Promise<Battery> }).getBattery?.().then((found) => (battery = found), () => {});
// #endif

// `sound`: an alert would be heard.
export function deviceHealth(sound: boolean): Health {
  const hidden = typeof document !== "undefined" && document.hidden;
  return { sound, hidden, ...(battery && { battery: battery.level, charging: battery.charging }) };
}
