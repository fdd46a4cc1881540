/** What one batch makes of log and store, worked out from the state before it. */
import type { StorageBatch } from "../../node/ports.ts";
import type { Entry, Sequence } from "../../replication/types.ts";
import { type Change, planApply } from "../apply.ts";
import type { CommitPoint } from "./commit-point.ts";
import type { FrameContent } from "./log/frame.ts";
import type { LogIndex } from "./log/log-index.ts";

export interface WritePlan {
  readonly content: FrameContent;
  /** What the frame's applied entries change in the store. */
  readonly changes: readonly Change[];
}

/** Undefined where the batch changes nothing. */
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
  const forgotten = Math.max(commitPoint.forgotten, batch.compactTo ?? 0);
  const moves = newest.size + batch.apply.length > 0 || forgotten > commitPoint.forgotten;
  if (!moves && batch.hardState === undefined) return undefined;
  // The log has what it applies, as a rule: the frame need only say how far.
  const applyOnly = batch.apply.filter(
    (entry) => !isSame(entry, newest.get(entry.sequence) ?? index.at(entry.sequence)),
  );
  const content = {
    commitPoint: { ...commitPoint, frame: commitPoint.frame + 1, standing, forgotten },
    installs: false,
    append: [...newest.values()],
    applyOnly,
    hardState: batch.hardState,
  };
  return { content, changes };
}

/** The entries to put, without those that a higher epoch or forgetting has overtaken. */
function newestEntries(
  { commitPoint, index }: { readonly commitPoint: CommitPoint; readonly index: LogIndex },
  append: readonly Entry[],
): Map<Sequence, Entry> {
  const newest = new Map<Sequence, Entry>();
  for (const entry of append) {
    const { sequence, epoch } = entry;
    if (sequence <= commitPoint.forgotten) continue;
    const present = newest.get(sequence) ?? index.at(sequence);
    if (present === undefined || present.epoch <= epoch) newest.set(sequence, entry);
  }
  return newest;
}

type Identity = Pick<Entry, "epoch" | "origin">;

/** At one sequence, epoch and origin name an entry. */
const isSame = (one: Identity, other: Identity | undefined): boolean =>
  other !== undefined && one.epoch === other.epoch && one.origin === other.origin;
