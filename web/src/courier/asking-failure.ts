// Asks why a delivery fails; the dialog is `FailDialog.vue`.

import { shallowRef } from "vue";

import type { ProofFile } from "./proofs";

export interface Failure {
  reason: string;
  file: ProofFile | null;
}

export const askedFailure = shallowRef<{ settle(failure: Failure | null): void } | null>(null);

// Settles with null when the person thinks better of it.
export function askFailure(): Promise<Failure | null> {
  return new Promise((resolve) => {
    askedFailure.value = {
      settle(failure) {
        askedFailure.value = null;
        resolve(failure);
      },
    };
  });
}
