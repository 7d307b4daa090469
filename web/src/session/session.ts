// Who uses this device: logs in and out, and remembers it.

import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { get, post, remove, speakAs } from "@/api/http";
import { forget, keep, recall } from "@/platform/storage";

export interface Membership {
  merchant_id: string;
  merchant_name: string;
  is_owner: boolean;
}

export interface Person {
  id: string;
  name: string;
  phone: string;
  locale: string;
  roles: string[];
  memberships: Membership[];
}

interface Kept {
  token: string;
  person: Person;
}

const KEPT = "session";

export const useSession = defineStore("session", () => {
  const kept = ref<Kept | null>(recall<Kept>(KEPT));
  const person = computed(() => kept.value?.person ?? null);
  if (kept.value) speakAs(kept.value.token, end);

  function begin(session: Kept): void {
    kept.value = session;
    keep(KEPT, session);
    speakAs(session.token, end);
  }

  function end(): void {
    kept.value = null;
    forget(KEPT);
    speakAs("", () => {});
  }

  async function logIn(phone: string, password: string): Promise<void> {
    begin(await post<Kept>("/sessions", { phone, password, label: "screens" }));
  }

  // Roles and shops may have changed since this device looked last.
  async function renew(): Promise<void> {
    if (!kept.value) return;
    const { token } = kept.value;
    begin({ token, person: await get<Person>("/me") });
  }

  async function logOut(): Promise<void> {
    try {
      await remove("/sessions");
    } finally {
      end();
    }
  }

  function hasRole(role: string): boolean {
    return person.value?.roles.includes(role) ?? false;
  }

  return { person, begin, end, logIn, logOut, renew, hasRole };
});
