import type { Sequence } from "../../replication/types.ts";
import type { Standing } from "../apply.ts";

/** Flushes are numbered 1, 2, 3 …: each lays down one frame in a log file. */
export type FrameNumber = number;

/** Which of the two stores is the present one. */
export type StoreIndex = 0 | 1;

export const inactive = (active: StoreIndex): StoreIndex => (active === 0 ? 1 : 0);

/** What changes with nearly every flush. */
export interface CommitPoint {
  /** The flush that led here. */
  readonly frame: FrameNumber;
  readonly standing: Standing;
  readonly active: StoreIndex;
  /** The log holds nothing up to here, and takes nothing up to here back. */
  readonly forgotten: Sequence;
}
