// From screen to screen, and who may be where.

import { closeHub } from "@/live/hub";
import { followNotices, forgetNotices, sawOnDevice } from "@/live/notices";
import { knowTerms } from "@/api/terms";
import { leavePush, renewPush } from "@/platform/push";
import { useSession } from "@/session/session";

// Addresses that notices and links carry, and the screens that answer them.
const SCREENS: readonly [RegExp, (id: string) => string][] = [
  [/^\/board\/([\w-]+)\/webhooks/, (id) => `/webhooks/index?shop=${id}`],
  [/^\/board\/([\w-]+)\/campaigns/, (id) => `/campaigns/index?shop=${id}`],
  [/^\/operator\/campaigns/, () => "/campaigns/index"],
  [/^\/board\/([\w-]+)\?do=resume/, (id) => `/board/index?shop=${id}&do=resume`],
  [/^\/(?:merchant|board)\/([\w-]+)/, (id) => `/board/index?shop=${id}`],
  [/^\/orders\/([\w-]+)/, (id) => `/order/index?id=${id}`],
  [/^\/courier/, () => "/courier/index"],
  [/^\/operator\/?(?:\?order=([\w-]+))?$/, (id) => (id ? `/operator/index?order=${id}` : "/operator/index")],
  // #ifdef H5
  [/^\/operator\/zones\/([\w-]+)/, (id) => `/operator/zone?id=${id}`],
  [/^\/operator\/notices\/([\w-]+)/, (id) => `/operator/notice?id=${id}`],
  // #endif
  [/^\/shops\/?$/, () => "/shops/index"],
  [/^\/shops\/([\w-]+)/, (id) => `/shop/index?id=${id}`],
  [/^\/settings/, () => "/settings/index"],
  [/^\/inbox/, () => "/inbox/index"],
  [/^\/$/, () => "/doors/index"],
];

// The framework puts its own beginning before every path.
function match(url: string): string | null {
  const path = url.replace(/^\/app\//, "/");
  for (const [pattern, screen] of SCREENS) {
    const found = pattern.exec(path);
    if (found && !path.includes("/index")) return screen(found[1] ?? "");
  }
  return null;
}

// The screen that stands for `url`, which may be an address or a screen.
export function screenOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/]+/, "");
  return match(path) ?? path.replace(/^\/app\//, "/");
}

// The screen of the address that the browser shows; null when nothing stands there.
export function addressed(): string | null {
  // #ifdef H5
  return match(location.pathname + location.search);
  // #endif
  // #ifndef H5
  return null;
  // #endif
}

export function goTo(url: string): void {
  show(screenOf(url));
}

// One screen of a kind at a time: two boards of one shop on one device would both ring.
function show(url: string): void {
  const here = getCurrentPages().at(-1)?.route;
  if (here === url.slice(1).split("?")[0]) uni.redirectTo({ url });
  else uni.navigateTo({ url });
}

// Where the person came from; to `url` when they came from nowhere.
export function goBack(url: string): void {
  if (getCurrentPages().length > 1) uni.navigateBack();
  else goTo(url);
}

export function goHome(): void {
  uni.reLaunch({ url: "/doors/index" });
}

export function toLogin(here = ""): void {
  closeHub();
  forgetNotices();
  uni.reLaunch({ url: here ? `/login/index?next=${encodeURIComponent(here)}` : "/login/index" });
}

export async function leave(): Promise<void> {
  await leavePush();
  await useSession().logOut().catch(() => {}); // the token is forgotten here in any case
  toLogin();
}

// The screen that is shown, with what it was opened with.
export function hereNow(): string {
  const page = getCurrentPages().at(-1) as { $page?: { fullPath?: string } } | undefined;
  return page?.$page?.fullPath ?? "";
}

// Whether somebody is logged in; else to the log-in, and back to `here` after it.
export async function needPerson(here: string): Promise<boolean> {
  const session = useSession();
  if (!session.person) {
    uni.redirectTo({ url: `/login/index?next=${encodeURIComponent(here)}` });
    return false;
  }
  await knowTerms().catch(() => {});
  if (followNotices(session.person.id)) {
    renewPush();
    noteTap();
  }
  return true;
}

// A notice that was tapped has been seen, whatever screen it led to.
function noteTap(): void {
  // #ifdef H5
  const here = new URL(location.href);
  const tapped = here.searchParams.get("notice");
  if (!tapped) return;
  here.searchParams.delete("notice");
  history.replaceState(history.state, "", here);
  sawOnDevice(tapped);
  // #endif
}
