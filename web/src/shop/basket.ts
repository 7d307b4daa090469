// What somebody is about to order from one shop: kept on this device, priced by the server.

import { computed, ref, shallowRef, watch } from "vue";

import { ask, get, post } from "@/api/http";
import { newKey } from "@/api/idempotency";
import { Problem } from "@/api/problem";
import { keep, recall, forget } from "@/platform/storage";
import { word } from "@/words";

export interface Item {
  id: string;
  name: string;
  description: string;
  price_minor: number;
  is_available: boolean;
}

export interface Shop {
  id: string;
  name: string;
  address: string;
  latitude: number;
  longitude: number;
  currency: string;
  is_taking_orders: boolean;
  why: string | null;
  again_at: string | null;
  busy_minutes: number;
  items: Item[];
}

export interface Door {
  address: string;
  latitude: number;
  longitude: number;
}

export interface Quote {
  quote: string;
  currency: string;
  items_minor: number;
  delivery_fee_minor: number;
  total_minor: number;
  promised_minutes: number;
  busy_minutes: number;
}

const QUOTE_AFTER_MS = 300;
const MOST = 99;
const NEAR_DEGREES = 0.1;
const BESIDE = { latitude: 0.006, longitude: 0.007 };

export function useBasket(shop: Shop, hasOnline: boolean) {
  const kept = `basket:${shop.id}`;
  const counts = ref<Record<string, number>>(recall<Record<string, number>>(kept) ?? {});
  const fulfilment = ref<"delivery" | "pickup">("delivery");
  const payment = ref(hasOnline ? "online" : "cash");
  const door = ref<Door>(startingPlace(shop));
  const quote = ref<Quote | null>(null);
  const refusal = ref("");
  const items = shallowRef(shop.items);
  const chosen = computed(() => items.value.filter((item) => counts.value[item.id]));
  const needsAddress = computed(() => fulfilment.value === "delivery" && !door.value.address.trim());
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;

  function change(item: Item, by: number): void {
    const count = Math.min(MOST, Math.max(0, (counts.value[item.id] ?? 0) + by));
    const { [item.id]: _, ...others } = counts.value;
    counts.value = count ? { ...others, [item.id]: count } : others;
    keep(kept, counts.value);
  }

  watch([counts, fulfilment, door], askPrice, { deep: true, immediate: true });

  function askPrice(): void {
    quote.value = null;
    refusal.value = "";
    clearTimeout(timer);
    if (chosen.value.length && !needsAddress.value) timer = setTimeout(fetchQuote, QUOTE_AFTER_MS);
  }

  async function fetchQuote(): Promise<void> {
    const number = ++asked;
    try {
      const answer = await post<Quote>("/quotes", {
        merchant_id: shop.id,
        fulfilment: fulfilment.value,
        lines: chosen.value.map((item) => ({ item_id: item.id, quantity: counts.value[item.id] })),
        dropoff: fulfilment.value === "delivery" ? { ...door.value, address: door.value.address.trim() } : null,
      });
      if (number === asked) quote.value = answer;
    } catch (error) {
      if (number === asked) refusal.value = error instanceof Problem ? wordsOf(error) : String(error);
    }
  }

  // The shop sells other things, or stands otherwise, than before.
  function stock(fresh: Shop): void {
    items.value = fresh.items;
    askPrice();
  }

  // Pressing twice, or again after a lost answer, is still the same order: one key a quote.
  const keys = new Map<string, string>();

  async function place(contact: { name: string; phone: string }, note: string, isContactless: boolean): Promise<string> {
    const { quote: signed } = quote.value!;
    const key = keys.get(signed) ?? newKey();
    keys.set(signed, key);
    const { order } = await ask<{ order: { id: string } }>("POST", "/orders", {
      body: { quote: signed, payment_method: payment.value, contact, note, contactless: isContactless },
      headers: { "Idempotency-Key": key },
    });
    forget(kept);
    keep("door", door.value);
    return order.id;
  }

  return { counts, fulfilment, payment, door, quote, refusal, chosen, needsAddress, change, askPrice, stock, place };
}

function wordsOf(error: Problem): string {
  const known = word("errors", error.code);
  return known === error.code ? error.message : known;
}

// Until the person says where they are: a little beside the shop, inside its zone.
function startingPlace(shop: Shop): Door {
  const last = recall<Door>("door");
  if (last && Math.hypot(last.latitude - shop.latitude, last.longitude - shop.longitude) < NEAR_DEGREES) return last;
  return { address: "", latitude: shop.latitude + BESIDE.latitude, longitude: shop.longitude + BESIDE.longitude };
}

export function fetchShop(id: string): Promise<Shop> {
  return get<Shop>(`/merchants/${id}`);
}
