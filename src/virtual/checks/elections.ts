/**
 * What an election could miss, judged from the disks alone and by the design's own words (DESIGN.md,
 * "Electing"): asked for every set of nodes whose promises are enough for phase 1.
 */
import type { Sequence } from "../../replication/types.ts";
import type { Known } from "../world/known.ts";
import {
  allFacts,
  type Disks,
  type Facts,
  type Missed,
  missing,
  newestNote,
  subsets,
} from "./loss.ts";

/** Every election that would miss something. `known` gives what must be kept above a mark. */
export function whatElectionsCouldMiss(
  disks: Pick<Disks, "looks" | "without" | "contentOf">,
  known: (above: Sequence) => Iterable<[Sequence, Known]>,
): readonly Missed[] {
  const misses: Missed[] = [];
  for (const seen of subsets(allFacts(disks))) {
    if (!areEnough(seen, disks.looks.size)) continue;
    const entries = missing(seen, known, disks);
    const heard = seen.map(({ id }) => id);
    if (entries.size > 0) misses.push({ heard, floor: undefined, entries });
  }
  return misses;
}

/** N - floor nodes that are not blank, or all. A note that no elected leader made says nothing. */
function areEnough(seen: readonly Facts[], nodes: number): boolean {
  if (seen.length === nodes) return true;
  const note = newestNote(seen);
  if (note?.elected !== true) return false;
  const floor = Math.min(Math.max(1, note.quorum), Math.floor(nodes / 2));
  return seen.filter(({ blank }) => !blank).length >= nodes - floor;
}
