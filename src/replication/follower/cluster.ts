/** What a follower makes of its leader's cluster, and of a candidate's. DESIGN.md, "Which cluster". */
import { clash, clashReason, describeMark, heeds, markOf } from "../cluster-id.ts";
import type { ClusterId, HardState, LeaderMessage } from "../types.ts";
import type { FollowerStart } from "./follower-start.ts";

type Prepare = Extract<LeaderMessage, { type: "prepare" }>;
type Heartbeat = Extract<LeaderMessage, { type: "heartbeat" }>;

/** Both nodes belong to clusters, and not to the same one. */
export function clashWith(
  { leader, cluster }: Prepare,
  { id }: Pick<FollowerStart, "id">,
  hardState: HardState,
): string | undefined {
  const mark = markOf(hardState);
  if (!clash(mark, cluster)) return undefined;
  return clashReason({ id, mark }, { id: leader, mark: cluster });
}

/** The sender shows no id, although there is one: its disk was lost, or it has never been a node of this cluster. */
export function claimFault(
  { leader, cluster, elected, nodes }: Prepare,
  { id, all }: Pick<FollowerStart, "id" | "all">,
  { hardState, hearsLeader }: { readonly hardState: HardState; readonly hearsLeader: boolean },
): string | undefined {
  const mark = markOf(hardState);
  if (heeds(mark, cluster)) return undefined;
  const claims = `${leader} has no data and belongs to no cluster, and ${id} belongs to ${describeMark(mark)}`;
  if (elected && !hardState.blank) return `${claims}: a node with data must lead`;
  if (nodes.join() !== all.toSorted().join())
    return `${claims}: NODES is ${nodes.join(", ")} there, and ${all.toSorted().join(", ")} here`;
  return hearsLeader ? `${claims}, whose leader it still hears` : undefined;
}

/** A blank node takes a confirmed id with its promise, a provisional one only once it is led. */
export function clusterPromised(
  { cluster }: Prepare,
  { cluster: held, blank }: HardState,
): ClusterId | undefined {
  if (!blank || held?.confirmed === true || cluster?.confirmed !== true) return held;
  return { id: cluster.id, confirmed: true };
}

/** The id that a leader tells: a confirmed one here stays. */
export function clusterTold(
  told: ClusterId | undefined,
  held: ClusterId | undefined,
): ClusterId | undefined {
  if (told === undefined || held?.confirmed === true) return held;
  return { id: told.id, confirmed: told.confirmed };
}

/** What a heartbeat changes on disk; undefined: nothing. */
export function toldBy(
  { members, cluster: told }: Heartbeat,
  hardState: HardState,
): HardState | undefined {
  const held = hardState.cluster;
  const isNewId = told?.confirmed === true && told.id === held?.id && !held.confirmed;
  const cluster = isNewId ? clusterTold(told, held) : held;
  const isNews = isNewId || JSON.stringify(members) !== JSON.stringify(hardState.members);
  return isNews ? { ...hardState, members, cluster } : undefined;
}
