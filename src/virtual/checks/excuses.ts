/**
 * The losses that the design admits (DESIGN.md, "The floor"), each narrowly: anything else that a
 * recovery could miss is a broken promise.
 */
import type { NodeId, Sequence } from "../../replication/types.ts";
import type { Excuse } from "../world/account.ts";
import { conditionsOf } from "../world/kept.ts";
import type { Known } from "../world/known.ts";
import type { Missed } from "./loss.ts";

/** Where copies of an entry are and were. */
export interface Copies {
  readonly members: readonly NodeId[];
  /** Its disk, unless it is one of those taken for lost, has this content there. */
  holds(id: NodeId, sequence: Sequence, content: string): boolean;
  /** Some disk that is not taken for lost has another content there, in an epoch above that of every copy. */
  isOutranked(sequence: Sequence, content: string): boolean;
  /** A disk of this node that had it was lost, or is taken for lost. */
  wasLost(id: NodeId, sequence: Sequence, content: string): boolean;
}

/** Why each entry that one recovery would miss is excused; undefined: nothing excuses it. */
export function excusesOf(
  missed: Missed,
  copies: Copies,
): ReadonlyMap<Sequence, Excuse | undefined> {
  const found = new Map<Sequence, Excuse | undefined>();
  const isExcused = (sequence: Sequence) => found.get(sequence) !== undefined;
  for (const [sequence, known] of missed.entries) {
    const own = excuseOf(sequence, known, { missed, copies });
    const rests = restsOn(known, sequence, { missed, isExcused });
    found.set(sequence, own ?? (rests ? "conditional on an entry that is excused" : undefined));
  }
  return found;
}

function excuseOf(
  sequence: Sequence,
  { content, quorum, degraded }: Known,
  { missed, copies }: { missed: Missed; copies: Copies },
): Excuse | undefined {
  if (quorum === 0) return "written with quorum 0";
  const { floor } = missed;
  // Who hears fewer than all goes by a floor. It may be too high for this entry only where it was
  // lowered while too few were live.
  if (floor !== undefined)
    return degraded && quorum < floor ? "settled by a floor that too few knew" : undefined;
  // Those that were away may hold a leftover of a higher epoch, which the leader did not hear of.
  if (degraded && copies.isOutranked(sequence, content))
    return "settled by a floor that too few knew";
  const { members } = copies;
  const isHeld = members.some((id) => copies.holds(id, sequence, content));
  const lost = members.filter((id) => copies.wasLost(id, sequence, content));
  const isGone = !isHeld && lost.length > quorum;
  return isGone ? "every copy was on a disk that was lost" : undefined;
}

function restsOn(
  known: Known,
  sequence: Sequence,
  { missed, isExcused }: { missed: Missed; isExcused: (sequence: Sequence) => boolean },
): boolean {
  const deletes = (key: string) =>
    [...missed.entries].some(
      ([at, other]) =>
        at < sequence &&
        isExcused(at) &&
        other.operations.some(
          (operation) => operation.key === key && operation.value === undefined,
        ),
    );
  return conditionsOf(known).some(({ key, condition }) =>
    condition.version > 0 ? isExcused(condition.version) : deletes(key),
  );
}
