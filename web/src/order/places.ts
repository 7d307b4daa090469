// Shop, door and courier of an order, as far as whoever looks may know them.

import type { CourierPos } from "@paidan/realtime";

import type { Order } from "@/live/order";
import type { Marker } from "@/map/markers";
import { t } from "@/words";

export function markersOf(order: Order, courierAt: CourierPos | null): Marker[] {
  if (order.fulfilment !== "delivery") return [];
  const { merchant, dropoff } = order;
  const found: Marker[] = [{ id: "shop", kind: "shop", latitude: merchant.latitude, longitude: merchant.longitude, label: merchant.name }];
  if (dropoff) found.push({ id: "door", kind: "door", latitude: dropoff.latitude, longitude: dropoff.longitude, label: t("order.door") });
  if (order.leg?.courier && order.open && courierAt) {
    found.push({ id: "courier", kind: "courier", latitude: courierAt.lat, longitude: courierAt.lng, label: order.leg.courier.name });
  }
  return found;
}
