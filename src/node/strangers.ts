/** Nodes of other clusters, and others that do not fit: a line in the log for each of them, not for each attempt. */
import { clash, clashReason } from "../replication/cluster-id.ts";
import type { ClusterMark, NodeId } from "../replication/types.ts";
import type { Log } from "./ports.ts";

/** Names that strangers give themselves are not bounded otherwise. */
const namesMax = 64;

export class Strangers {
  readonly #log: Log;
  /** Why each was last refused, or refused this node. */
  readonly #told = new Map<NodeId, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** This node refuses it, because it belongs to another cluster or does not show that it belongs to this one. */
  refused(id: NodeId, reason: string): void {
    this.#tell(id, reason, `${id} is no node of this cluster and is refused: ${reason}`);
  }

  /** It refuses this node. */
  refuses(id: NodeId, reason: string): void {
    this.#tell(id, reason, `${id} refuses to follow this leader: ${reason}`);
  }

  /** This node has no data, and the other one has: if it is of that cluster, its leader will find it. */
  waitsFor(id: NodeId, cluster: string): void {
    if (this.#isNew(id, cluster))
      this.#log.info(
        { node: id },
        `this node has no data and waits for the leader of ${cluster}, to which ${id} belongs`,
      );
  }

  #tell(id: NodeId, reason: string, sentence: string): void {
    if (this.#isNew(id, reason)) this.#log.warn({ node: id }, sentence);
  }

  #isNew(id: NodeId, reason: string): boolean {
    if (this.#told.get(id) === reason) return false;
    if (this.#told.size >= namesMax) this.#told.clear();
    this.#told.set(id, reason);
    return true;
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
