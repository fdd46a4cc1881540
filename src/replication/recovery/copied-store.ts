/** Whether a store that was copied can be what its node promised. DESIGN.md, "What others say", rule 3. */
import type { Digest, Sequence, SnapshotEnd } from "../types.ts";

/** Undefined: nothing speaks against it. `least`: so far its node had applied when it promised. */
export function faultOfCopy(
  end: SnapshotEnd,
  came: { readonly digest: Digest; readonly newest: Sequence; readonly least: Sequence },
): string | undefined {
  if (came.digest !== end.digest)
    return `has digest ${came.digest}, and its end says ${end.digest}`;
  if (came.newest > end.applied)
    return `ends at ${end.applied}, and a record in it is of version ${came.newest}`;
  return end.applied < came.least
    ? `ends at ${end.applied}, and its node had applied ${came.least}`
    : undefined;
}
