/** The one door through which effects reach storage, in both roles. */
import type { SealedStore, StorageEffect } from "../replication/effects.ts";
import type { FlushJob } from "./flush-queue.ts";
import type { Flusher } from "./flusher.ts";

/** What the role does when an effect is queued, or durable. */
export interface StorageReports<Flush> {
  /** A store begins to arrive from another node. */
  readonly begins?: () => void;
  /** The effect is durable. */
  readonly persisted: (flush: Flush) => void;
  /** All records of a received store are durable; it has replaced nothing yet. */
  readonly sealed: (store: SealedStore) => void;
  /** The received store is durable and has replaced the previous one. */
  readonly installed: (flush: Flush) => void;
}

/** Queues one step's effects, in their order. They are flushed once the flusher is kicked. */
export function queueStorage<Flush>(
  effects: readonly StorageEffect<Flush>[],
  flusher: Flusher,
  reports: StorageReports<Flush>,
): void {
  for (const effect of effects) {
    if (effect.type === "beginStore") reports.begins?.();
    flusher.add(jobOf(effect, reports));
  }
}

/** The job that makes an effect durable and reports it. No call waits for what is only applied. */
function jobOf<Flush>(effect: StorageEffect<Flush>, reports: StorageReports<Flush>): FlushJob {
  switch (effect.type) {
    case "persist": {
      const { entries: append, hardState, flush } = effect;
      const flushed = () => reports.persisted(flush);
      return { type: "batch", append, apply: [], hardState, flushed };
    }
    case "apply": {
      const { entries: apply } = effect;
      return { type: "batch", append: [], apply, hardState: undefined, flushed: undefined };
    }
    case "beginStore":
      return { type: "begin" };
    case "addRecords": {
      const { records, flush } = effect;
      return { type: "records", records, flushed: () => reports.persisted(flush) };
    }
    case "sealStore": {
      const { sealed } = effect;
      return { type: "seal", sealed: (digest) => reports.sealed({ ...sealed, digest }) };
    }
    case "installStore": {
      const { end, hardState, flush } = effect;
      return { type: "install", end, hardState, flushed: () => reports.installed(flush) };
    }
  }
}
