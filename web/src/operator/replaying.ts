// Asks why a message is to be sent again, and for one that may have arrived, whether it may twice.

import type { Json } from "@paidan/realtime";

import { give } from "@/live/commands";
import { ask } from "@/ui/asking";
import type { AskField } from "@/ui/asking";
import { toast } from "@/ui/toasts";
import { t } from "@/words";

function fields(hint: string, doubt: "" | "may" | "must"): AskField[] {
  const why: AskField = { kind: "text", name: "reason", label: t("dead_letters.why"), maxlength: 200 };
  const twice: AskField = { kind: "tick", name: "is_confirmed", label: t("dead_letters.may_come_twice"), must: doubt === "must" };
  return [{ kind: "words", text: hint, ...(doubt === "must" && { tone: "warn" as const }) }, why, ...(doubt ? [twice] : [])];
}

// Have one message sent again; true when it goes.
export async function replayOne({ id, needs_confirmation }: { id: string; needs_confirmation: boolean }): Promise<boolean> {
  const hint = t(needs_confirmation ? "dead_letters.doubt" : "dead_letters.replay_hint");
  const title = t("dead_letters.replay");
  const said = await ask({ title, yes: title, fields: fields(hint, needs_confirmation ? "must" : "") });
  if (!said) return false;
  const answer = await give("delivery.replay", { delivery_id: id, reason: said["reason"], is_confirmed: Boolean(said["is_confirmed"]) });
  if (answer) toast(t("dead_letters.replayed", { n: 1 }));
  return answer !== null;
}

// Have all that match sent again, a bounded number; true when any goes.
export async function replayAll(filters: Json, { count, hasDoubtful }: { count: string; hasDoubtful: boolean }): Promise<boolean> {
  const title = t("dead_letters.replay_all");
  const said = await ask({ title, yes: title, isGrave: true, fields: fields(t("dead_letters.replay_all_hint", { n: count }), hasDoubtful ? "may" : "") });
  if (!said) return false;
  const answer = await give("delivery.replay_all", { ...filters, reason: said["reason"], is_confirmed: Boolean(said["is_confirmed"]) });
  if (!answer) return false;
  const told = { n: answer["replayed_count"], left: answer["left_count"] };
  toast(t(answer["left_count"] ? "dead_letters.replayed_some" : "dead_letters.replayed", told));
  return true;
}
