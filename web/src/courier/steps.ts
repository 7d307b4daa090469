// What a courier does with a job, asking first where something must be said or shown.

import { explain } from "@/live/commands";
import { theHub } from "@/live/hub";
import { ask } from "@/ui/asking";
import { toast } from "@/ui/toasts";
import { t } from "@/words";

import { askFailure } from "./asking-failure";
import { askProof } from "./asking-proof";
import type { Job } from "./legs";
import type { ProofFile } from "./proofs";
import type { StepQueue } from "./queue";

export class Steps {
  readonly all: Record<string, (job: Job) => Promise<void>> = {
    arrive_pickup: (job) => this.give("leg.arrive_pickup", job),
    pick_up: (job) => this.pickUp(job),
    arrive_dropoff: (job) => this.give("leg.arrive_dropoff", job),
    deliver: (job) => this.deliver(job),
    fail: (job) => this.fail(job),
    return: (job) => this.give("leg.start_return", job),
    unassign: (job) => this.giveBack(job),
  };
  private readonly queue: StepQueue;

  constructor(queue: StepQueue) {
    this.queue = queue;
  }

  private async give(name: string, job: Job, args = {}, file: ProofFile | null = null): Promise<void> {
    if (!theHub().ready) toast(t("courier.queued"));
    await this.queue.add({ name, leg: job.id, number: job.number, args, file }).catch(explain);
  }

  private async pickUp(job: Job): Promise<void> {
    const said = await ask({ title: t("courier.pick_up"), fields: [{ kind: "text", name: "number", label: t("courier.number_ask"), type: "tel", maxlength: 6 }] });
    if (!said) return;
    const number = Number(said["number"]);
    // Known here as well: a wrong bag must not wait for a connection to be found.
    if (number !== job.number) return toast(t("errors.wrong_number"), "alert");
    await this.give("leg.pick_up", job, { number });
  }

  private async deliver(job: Job): Promise<void> {
    const shown = await askProof(job);
    if (shown) await this.give("leg.deliver", job, { proof: shown.proof }, shown.file);
  }

  private async fail(job: Job): Promise<void> {
    const said = await askFailure();
    if (said) await this.give("leg.fail", job, { reason: said.reason, ...(said.file && { photo: said.file.id }) }, said.file);
  }

  private async giveBack(job: Job): Promise<void> {
    const said = await ask({ title: t("courier.unassign"), isGrave: true, fields: [{ kind: "words", text: t("courier.give_back_hint") }] });
    if (said) await this.give("leg.give_back", job);
  }
}
