// A screen that sleeps cannot ring; devices that know how keep it awake.

let isWanted = false;

// #ifdef H5
document.addEventListener("visibilitychange", hold);

function hold(): void {
  if (isWanted && !document.hidden) navigator.wakeLock?.request("screen").catch(() => null);
}
// #endif

export function stayAwake(wanted: boolean): void {
  isWanted = wanted;
  // #ifdef H5
  hold();
  // #endif
  // #ifndef H5
  uni.setKeepScreenOn({ keepScreenOn: wanted });
  // #endif
}
