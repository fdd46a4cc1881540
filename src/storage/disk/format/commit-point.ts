/** What each flush records beside its entries, and what a checkpoint keeps of it. */
import type { Sequence } from "../../../replication/types.ts";
import { emptyStanding, type Standing } from "../../standing.ts";
import { mustHold, wholeNumber } from "./damage.ts";

/** Flushes are numbered 1, 2, 3 …: each writes one frame to a log file. */
export type FrameNumber = number;

/** Which of the two stores in LMDB is the present one. */
export type StoreIndex = 0 | 1;

/** The store that is not the present one. */
export const inactive = (active: StoreIndex): StoreIndex => (active === 0 ? 1 : 0);

/** Where everything stands after a flush. Nearly every flush changes it. */
export interface CommitPoint {
  /** The flush that led here. */
  readonly frame: FrameNumber;
  readonly standing: Standing;
  readonly active: StoreIndex;
  /** The log holds no entry up to this sequence and accepts none. */
  readonly compactedTo: Sequence;
}

/** The same values as they were read. Throws DataDamaged where no node wrote them. */
export function checkedCommitPoint(
  read: Omit<CommitPoint, "active"> & { readonly active: number },
): CommitPoint {
  const { frame, standing, active, compactedTo } = read;
  wholeNumber(frame, "the number of a frame");
  wholeNumber(standing.applied, "the applied sequence");
  wholeNumber(standing.keys, "the number of keys");
  wholeNumber(compactedTo, "the end of the compacted log");
  mustHold(active === 0 || active === 1, `the present store is number ${active}`);
  return { frame, standing, active, compactedTo };
}

/** Where the stores in LMDB stand, and the log file at which a restart begins to read. */
export interface Checkpoint {
  readonly commitPoint: CommitPoint;
  /** Number of the first frame in the oldest log file that is needed. */
  readonly oldestFile: FrameNumber;
}

/** The checkpoint of an empty directory. */
export const noCheckpoint: Checkpoint = {
  commitPoint: { frame: 0, standing: emptyStanding, active: 0, compactedTo: 0 },
  oldestFile: 1,
};
