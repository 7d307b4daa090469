// The name of a shop that somebody looks after: known here, or asked for.

import { ref } from "vue";
import type { Ref } from "vue";

import { get } from "@/api/http";
import { useSession } from "@/session/session";

export function useShopName(shop: string): Ref<string> {
  const known = useSession().person?.memberships.find((each) => each.merchant_id === shop)?.merchant_name;
  const name = ref(known ?? "");
  if (shop && !known) get<{ name: string }>(`/merchants/${shop}`).then((found) => (name.value = found.name), () => {});
  return name;
}
