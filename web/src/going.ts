// From screen to screen, and who may be where.

import { closeHub } from "@/live/hub";
import { followNotices, forgetNotices } from "@/live/notices";
import { knowTerms } from "@/api/terms";
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
];

export function goTo(url: string): void {
  const path = url.replace(/^https?:\/\/[^/]+/, "");
  for (const [pattern, screen] of SCREENS) {
    const found = pattern.exec(path);
    if (found) return show(screen(found[1] ?? ""));
  }
  show(path);
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

export async function leave(): Promise<void> {
  closeHub();
  forgetNotices();
  await useSession().logOut().catch(() => {}); // the token is forgotten here in any case
  uni.reLaunch({ url: "/login/index" });
}

// Whether somebody is logged in; else to the log-in, and back to `here` after it.
export async function needPerson(here: string): Promise<boolean> {
  const session = useSession();
  if (!session.person) {
    uni.redirectTo({ url: `/login/index?next=${encodeURIComponent(here)}` });
    return false;
  }
  await knowTerms().catch(() => {});
  followNotices(session.person.id);
  return true;
}
