/** Messages that no honest node sends, in the name of one of a story's nodes and on its open streams. */
import type { NodeId } from "../../replication/types.ts";
import { digestOf } from "../../storage/standing.ts";
import type { VirtualCluster } from "../world/cluster.ts";

interface Forged {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly what: string;
  readonly options: Readonly<Record<string, string>>;
}

/** `epoch` is that of the sender unless given; `at` is a mark. */
export function forge(cluster: VirtualCluster, { from, to, what, options }: Forged): void {
  const { network, failover: elected } = cluster;
  const own = cluster.node(from)?.position().epoch ?? 0;
  const epoch = Number(options["epoch"] ?? own);
  const applied = Number(options["at"] ?? 0);
  const digest = options["digest"] ?? digestOf([]);
  const end = { applied, digest, history: undefined };
  // Whoever has seen a stream of the cluster knows its id.
  const id = cluster.node(from)?.status().cluster;
  const mark = id ? { ...id, blank: false } : undefined;
  switch (what) {
    case "prepare": {
      const leader = options["as"] ?? from;
      network.inject(from, to, {
        ...{ type: "prepare", elected, epoch, leader, to, members: [] },
        ...{ nodes: cluster.ids, cluster: mark },
      });
      return;
    }
    case "snapshot":
      network.inject(from, to, {
        ...{ type: "snapshotChunk", epoch, snapshot: 999, index: 0 },
        ...{ records: [], end },
      });
      return;
    case "refusal": {
      const promisedLeader = options["as"] ?? from;
      const refusal = { type: "refusal", promisedEpoch: epoch, promisedLeader } as const;
      network.injectBack(from, to, { ...refusal, reason: "forged", cluster: mark });
      return;
    }
    default:
      throw new Error(`nobody forges ${what}`);
  }
}
