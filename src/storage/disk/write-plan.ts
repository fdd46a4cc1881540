/** What one batch changes in log and store, worked out from the state before it. */
import type { StorageBatch } from "../../node/ports.ts";
import type { Entry, Sequence } from "../../replication/types.ts";
import { type Change, planApply } from "../apply.ts";
import type { CommitPoint } from "./format/commit-point.ts";
import type { FrameContent } from "./log/frame.ts";
import type { LogIndex } from "./log/log-index.ts";

/** The frame that makes a batch durable, and what it changes in the store. */
interface WritePlan {
  readonly content: FrameContent;
  /** What the frame's applied entries change in the store. */
  readonly changes: readonly Change[];
}

/**
 * The frame for a batch, or undefined where the batch changes nothing. `hashOf` returns the hash of
 * a key's present record, or undefined where there is none.
 */
export function planWrite(
  from: {
    readonly commitPoint: CommitPoint;
    readonly index: LogIndex;
    readonly hashOf: (key: string) => bigint | undefined;
  },
  batch: StorageBatch,
): WritePlan | undefined {
  const { commitPoint, index, hashOf } = from;
  const newest = newestEntries(from, batch.append);
  const { standing, changes } = planApply(commitPoint.standing, batch.apply, hashOf);
  const compactedTo = Math.max(commitPoint.compactedTo, batch.compactTo ?? 0);
  const moves = newest.size + batch.apply.length > 0 || compactedTo > commitPoint.compactedTo;
  if (!moves && batch.hardState === undefined) return undefined;
  // The log usually has the entries to apply: then the frame only says how far the store has come.
  const applyOnly = batch.apply.filter(
    (entry) => !isSame(entry, newest.get(entry.sequence) ?? index.at(entry.sequence)),
  );
  const content = {
    commitPoint: { ...commitPoint, frame: commitPoint.frame + 1, standing, compactedTo },
    installs: false,
    append: [...newest.values()],
    applyOnly,
    hardState: batch.hardState,
  };
  return { content, changes };
}

/** The entries to append, without those that are compacted away or below a present epoch. */
function newestEntries(
  { commitPoint, index }: { readonly commitPoint: CommitPoint; readonly index: LogIndex },
  append: readonly Entry[],
): Map<Sequence, Entry> {
  const newest = new Map<Sequence, Entry>();
  for (const entry of append) {
    const { sequence, epoch } = entry;
    if (sequence <= commitPoint.compactedTo) continue;
    const present = newest.get(sequence) ?? index.at(sequence);
    if (present === undefined || present.epoch <= epoch) newest.set(sequence, entry);
  }
  return newest;
}

type Identity = Pick<Entry, "epoch" | "origin">;

/** At one sequence, epoch and origin identify an entry. */
const isSame = (entry: Identity, other: Identity | undefined): boolean =>
  other !== undefined && entry.epoch === other.epoch && entry.origin === other.origin;
