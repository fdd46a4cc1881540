/** The effects of both roles that end in a flush, and the flusher's job for each. */
import type { Entry, HardState, SnapshotEnd, StoreRecord } from "../replication/types.ts";
import type { FlushJob } from "./flush-queue.ts";

/** `Flush` is what the role's rules are told once the effect is durable. */
export type StorageEffect<Flush> =
  /** Appends entries, and replaces HardState if given. */
  | {
      readonly type: "persist";
      readonly entries: readonly Entry[];
      readonly hardState: HardState | undefined;
      readonly flush: Flush;
    }
  /** Puts entries into the store. No call waits for that flush. */
  | { readonly type: "apply"; readonly entries: readonly Entry[] }
  /** A store arrives from another node, in records, and replaces this one. */
  | { readonly type: "beginStore" }
  | {
      readonly type: "addRecords";
      readonly records: readonly StoreRecord[];
      readonly flush: Flush;
    }
  | {
      readonly type: "installStore";
      readonly end: SnapshotEnd;
      readonly hardState: HardState;
      readonly flush: Flush;
    };

export interface FlushReports<Flush> {
  /** The effect is durable. */
  readonly persisted: (flush: Flush) => void;
  /** The received store is durable and has replaced the previous one. */
  readonly installed: (flush: Flush) => void;
}

/** The job that makes an effect durable and reports it. */
export function storageJob<Flush>(
  effect: StorageEffect<Flush>,
  reports: FlushReports<Flush>,
): FlushJob {
  switch (effect.type) {
    case "persist":
      return {
        type: "batch",
        append: effect.entries,
        apply: [],
        hardState: effect.hardState,
        flushed: () => reports.persisted(effect.flush),
      };
    case "apply":
      return {
        type: "batch",
        append: [],
        apply: effect.entries,
        hardState: undefined,
        flushed: undefined,
      };
    case "beginStore":
      return { type: "begin" };
    case "addRecords":
      return {
        type: "records",
        records: effect.records,
        flushed: () => reports.persisted(effect.flush),
      };
    case "installStore":
      return {
        type: "install",
        end: effect.end,
        hardState: effect.hardState,
        flushed: () => reports.installed(effect.flush),
      };
  }
}
