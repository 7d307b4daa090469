// Asks why a message is to be sent again, and for one that may have arrived, whether it may twice.

import { h } from "./dom.js";
import { ask, explain, toast } from "./overlays.js";
import { post } from "./shell.js";
import { t } from "./words.js";

function fieldsOf(hint, isDoubtful) {
  return h(
    "div",
    { class: "stack" },
    h("p", { class: "muted" }, hint),
    h("label", {}, t("dead_letters.why"), h("input", { name: "reason", required: true, maxlength: 200, autofocus: true })),
    isDoubtful
      ? h("div", { class: "choices" }, h("label", {}, h("input", { type: "checkbox", name: "is_confirmed", required: isDoubtful === "must" }), t("dead_letters.may_come_twice")))
      : "",
  );
}

// Have one message sent again; true when it goes.
export async function replayOne({ id, needs_confirmation }) {
  const hint = t(needs_confirmation ? "dead_letters.doubt" : "dead_letters.replay_hint");
  const said = await ask({ title: t("dead_letters.replay"), fields: fieldsOf(hint, needs_confirmation && "must") });
  if (!said) return false;
  return give(`/api/v1/notifications/deliveries/${id}/replay`, said, () => t("dead_letters.replayed", { n: 1 }));
}

// Have all that match sent again, a bounded number; true when any goes.
export async function replayAll(filters, { count, hasDoubtful }) {
  const title = t("dead_letters.replay_all");
  const said = await ask({ title, fields: fieldsOf(t("dead_letters.replay_all_hint", { n: count }), hasDoubtful), isGrave: true });
  if (!said) return false;
  return give("/api/v1/notifications/replays", { ...said, ...filters }, (answer) =>
    answer.left_count ? t("dead_letters.replayed_some", { n: answer.replayed_count, left: answer.left_count }) : t("dead_letters.replayed", { n: answer.replayed_count }),
  );
}

async function give(path, said, tell) {
  try {
    toast(tell(await post(path, { ...said, is_confirmed: Boolean(said.is_confirmed) })));
    return true;
  } catch (error) {
    explain(error);
    return false;
  }
}
