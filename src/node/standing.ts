/** What a vote tells of the node that gives it, whichever role the node plays. */
import type { Standing } from "../replication/election/election.ts";
import type { ClusterMark, HardState, Sequence } from "../replication/types.ts";
import type { Storage } from "./ports.ts";

/** `core`: the rules of the present role. `cluster`: what they show of it. */
export function standingOf(
  core: { readonly hardState: HardState; readonly applied: Sequence },
  storage: Storage,
  cluster: ClusterMark,
): Standing {
  const { promisedEpoch, blank, floor } = core.hardState;
  const { first, last } = storage.logBounds();
  return { promisedEpoch, applied: core.applied, first, last, blank, floor, cluster };
}
