// Asks for what proves a delivery; the dialog is `ProofDialog.vue`.

import { shallowRef } from "vue";

import type { Job } from "./legs";
import type { ProofFile } from "./proofs";

export interface Shown {
  proof: { kind: string; value: string };
  file: ProofFile | null;
}

export interface AskedProof {
  job: Job;
  settle(shown: Shown | null): void;
}

export const askedProof = shallowRef<AskedProof | null>(null);

// Settles with one of the kinds that this delivery takes; null when the person thinks better of it.
export function askProof(job: Job): Promise<Shown | null> {
  return new Promise((resolve) => {
    askedProof.value = {
      job,
      settle(shown) {
        askedProof.value = null;
        resolve(shown);
      },
    };
  });
}
