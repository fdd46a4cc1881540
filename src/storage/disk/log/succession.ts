/** What one frame of the log may say after the one before it. */
import { sequenceLeapMax } from "../../../replication/bounds.ts";
import type { Sequence } from "../../../replication/types.ts";
import { type CommitPoint, inactive, noCheckpoint } from "../format/commit-point.ts";
import { mustHold } from "../format/damage.ts";
import type { Frame } from "./frame.ts";

/** Follows the frames of a log from its oldest file on. */
export class Succession {
  readonly #checkpoint: CommitPoint;
  /** Undefined before the first frame of a log whose older files are gone. */
  #before: CommitPoint | undefined;
  /** Highest sequence of an entry in any frame. */
  #last: Sequence = 0;

  constructor(checkpoint: CommitPoint) {
    this.#checkpoint = checkpoint;
  }

  /** Throws DataDamaged where no node writes this frame next. */
  follow(frame: Frame): void {
    const { commitPoint } = frame;
    const before = commitPoint.frame === 1 ? noCheckpoint.commitPoint : this.#before;
    if (frame.installs) checkInstall(frame, before);
    else if (before !== undefined) checkBatch(frame, before);
    this.#checkPlaces(frame);
    if (before !== undefined) this.#checkCompaction(commitPoint, before);
    if (commitPoint.frame === this.#checkpoint.frame)
      mustHold(isSame(commitPoint, this.#checkpoint), "it is not what the checkpoint says");
    this.#before = commitPoint;
  }

  #checkPlaces({ places, commitPoint }: Frame): void {
    const { applied } = commitPoint.standing;
    for (const { sequence } of places) {
      const isNear = sequence <= Math.max(applied, this.#last) + sequenceLeapMax;
      mustHold(isNear, `the entry ${sequence} follows none`);
      this.#last = Math.max(this.#last, sequence);
    }
  }

  /** Entries beyond would be ignored although a node takes them for flushed. */
  #checkCompaction({ compactedTo, standing }: CommitPoint, before: CommitPoint): void {
    const known = Math.max(standing.applied, this.#last, before.compactedTo);
    const isNear = compactedTo <= known + sequenceLeapMax;
    mustHold(isNear, `the log is compacted to ${compactedTo}, beyond ${known}`);
  }
}

function checkInstall({ commitPoint, places, applyOnly }: Frame, before?: CommitPoint): void {
  const { active, compactedTo, standing } = commitPoint;
  const isAlone = places.length === 0 && applyOnly.length === 0;
  mustHold(isAlone && compactedTo === standing.applied, "it installs a store and entries");
  mustHold(before === undefined || active === inactive(before.active), "it installs no new store");
}

function checkBatch({ commitPoint, applyOnly }: Frame, before: CommitPoint): void {
  const { active, compactedTo, standing } = commitPoint;
  const from = before.standing.applied;
  mustHold(active === before.active, "the present store is another one");
  mustHold(standing.applied >= from, `applied goes back from ${from} to ${standing.applied}`);
  const isForward = compactedTo >= before.compactedTo;
  mustHold(isForward, `the end of the compacted log goes back to ${compactedTo}`);
  let previous = from;
  for (const { sequence } of applyOnly) {
    const follows = sequence > previous && sequence <= standing.applied;
    mustHold(follows, `the entry ${sequence} is applied after ${previous}`);
    previous = sequence;
  }
}

const isSame = (one: CommitPoint, other: CommitPoint): boolean =>
  one.active === other.active &&
  one.compactedTo === other.compactedTo &&
  one.standing.applied === other.standing.applied &&
  one.standing.sum === other.standing.sum &&
  one.standing.keys === other.standing.keys &&
  one.standing.history === other.standing.history;
