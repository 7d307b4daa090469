// How this device is doing, told to the hub with each answer to a ping: would its alert be heard?

let battery = null;
let ringer = null;

// Tell from now on; `alert` is what rings on this page.
export function reportHealth(alert) {
  ringer = alert;
  // Not every browser tells its battery, and some refuse to.
  navigator.getBattery?.().then((found) => (battery = found), () => {});
}

export function health() {
  if (ringer === null) return undefined;
  const power = battery && { battery: battery.level, charging: battery.charging };
  return { sound: ringer.isEnabled, hidden: document.hidden, ...power };
}
