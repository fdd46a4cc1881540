/** Nodes of other clusters, and others that do not fit: a line in the log for each of them, not for each attempt. */
import { clash, clashReason } from "../replication/cluster-id.ts";
import type { ClusterMark, Epoch, NodeId } from "../replication/types.ts";
import { PacedLog } from "./paced-log.ts";
import type { Clock, Log } from "./ports.ts";

/** Who asked to lead, and was refused. */
interface RefusedLeader {
  readonly leader: NodeId;
  readonly epoch: Epoch;
  readonly reason: string;
}

export class Strangers {
  readonly #lines: PacedLog;

  constructor(log: Log, clock: Pick<Clock, "now">) {
    this.#lines = new PacedLog(log, () => clock.now());
  }

  /** This node refuses it, because it belongs to another cluster or does not show that it belongs to this one. */
  refused(id: NodeId, reason: string): void {
    this.#tell(id, reason, `${id} is no node of this cluster and is refused: ${reason}`);
  }

  /** It refuses this node. */
  refuses(id: NodeId, reason: string): void {
    this.#tell(id, reason, `${id} refuses to follow this leader: ${reason}`);
  }

  /** Its epoch, or its claim to lead, cannot be right. `consequence`: for this node, or what mends it. */
  mayNotLead({ leader, epoch, reason }: RefusedLeader, consequence: string, more?: object): void {
    const said = `${leader} asked to lead and was refused: ${reason}; ${consequence}`;
    this.#lines.warn(said, { leader, refusedEpoch: epoch, ...more }, said);
  }

  /** What it sent in place of a store was none. */
  snapshotRefused(leader: NodeId, reason: string): void {
    const said = `a snapshot of ${leader} was dropped: ${reason}; this node keeps its store`;
    this.#lines.error(said, { leader }, said);
  }

  /** This node has no data, and the other one has: if it is of that cluster, its leader will find it. */
  waitsFor(id: NodeId, cluster: string): void {
    const said = `this node has no data and waits for the leader of ${cluster}, to which ${id} belongs`;
    this.#lines.info(`${id}: ${cluster}`, { node: id }, said);
  }

  #tell(id: NodeId, reason: string, sentence: string): void {
    this.#lines.warn(`${id}: ${reason}`, { node: id }, sentence);
  }
}

interface Shown {
  readonly id: NodeId;
  readonly mark: ClusterMark | undefined;
}

/** Why a node does not vote for another one; undefined: it is of the same cluster, or may be. */
export const strangerAsks = (
  own: Shown & { mark: ClusterMark },
  their: Shown,
): string | undefined => (clash(own.mark, their.mark) ? clashReason(own, their) : undefined);
