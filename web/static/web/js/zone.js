// The page of one zone: its plan as it changes, its settings, and who changed them.

import { showChanges, SettingsForm } from "./zone-settings.js";
import { showPlan } from "./zone-plan.js";
import { explain } from "./overlays.js";
import { get } from "./shell.js";
import { data } from "./words.js";

const REFRESH_MS = 2_000;
const ADDRESS = `/api/v1/zones/${data.zone_id}`;

const form = new SettingsForm(loadSettings);

async function loadSettings() {
  const zone = await get(`${ADDRESS}/dispatch`);
  form.show(zone.settings);
  showChanges(zone.changes);
}

async function keepFresh() {
  if (!document.hidden) await get(`${ADDRESS}/plan`).then(showPlan, () => null);
  setTimeout(keepFresh, REFRESH_MS);
}

loadSettings().catch(explain);
keepFresh();
