// Who uses this device: logs in and out, and remembers it.

import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { get, post, remove, speakAs } from "@/api/http";
import { forgetLast } from "@/live/last-known";
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
  const isExpelled = ref(false); // the server refused the token
  if (kept.value) speakAs(kept.value.token, expel);

  function begin(session: Kept): void {
    kept.value = session;
    isExpelled.value = false;
    keep(KEPT, session);
    speakAs(session.token, expel);
  }

  function end(): void {
    kept.value = null;
    forget(KEPT);
    forgetLast();
    speakAs("", () => {});
  }

  function expel(): void {
    end();
    isExpelled.value = true;
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

  return { person, isExpelled, begin, end, expel, logIn, logOut, renew, hasRole };
});
