// What stands on a map.

export type MarkerKind = "shop" | "door" | "courier" | "order";

export interface Marker {
  id: string;
  kind: MarkerKind;
  latitude: number;
  longitude: number;
  label?: string;
  tone?: "" | "busy" | "alert";
}
