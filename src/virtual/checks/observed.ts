/**
 * What somebody outside may conclude from an answer: these entries are settled, whoever was told,
 * and so is everything that they are conditional on.
 */
import type { Result } from "../../errors.ts";
import type { KeyValue, WriteReceipt, WriteRequest } from "../../node/api.ts";
import type { Entry, NodeId, Operation, Sequence } from "../../replication/types.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { contentOf } from "../world/history.ts";
import { conditionsOf } from "../world/kept.ts";

const one = { entriesMax: 1, bytesMax: 1 };
const many = { entriesMax: 1_000, bytesMax: 1_000_000 };

/** What a request writes, without its checks. */
const writesOf = ({ operations }: WriteRequest): readonly Operation[] =>
  operations.filter(({ isCheck }) => isCheck !== true);

export class Observed {
  readonly #cluster: VirtualCluster;

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
  }

  /** A write goes out. */
  asked(request: WriteRequest): void {
    this.#cluster.history.reliance.asked(contentOf(writesOf(request)), request.quorum);
  }

  /** The writer was answered by this node. */
  told(leader: NodeId, request: WriteRequest, result: Result<WriteReceipt>): void {
    const { history } = this.#cluster;
    const operations = writesOf(request);
    if (result.ok) {
      const { version, quorum, acks } = result.value;
      const nodes = acks.map(({ node }) => node);
      this.settled(leader, version);
      if (result.value.repeated === true) {
        history.repeated({ sequence: version, content: contentOf(operations), holders: nodes });
        return;
      }
      const asked = request.quorum ?? quorum;
      // A failover loses what only the leader had.
      if (this.#cluster.failover && asked === 0) return;
      history.settled({ sequence: version, operations, quorum: asked, acks: nodes, leader });
      return;
    }
    const { code, members = {} } = result.failure;
    const version = (members["version"] as Sequence | undefined) ?? 0;
    switch (code) {
      case "OUTCOME_UNKNOWN": {
        const content = contentOf(operations);
        // The next leader may give the version to another write.
        if (this.#cluster.failover) return;
        // Without a version, the leader never flushed it: others may hold it at a place that nobody was told of.
        if (version === 0) this.#cluster.coverage.met("unknown without a version");
        else {
          history.named(version, content);
          history.holdings.mustHold((members["acks"] as readonly NodeId[]) ?? [], version, content);
        }
        return;
      }
      case "VERSION_MISMATCH":
        // The refusal rests on the write that it names, or on a deletion.
        if (version > 0) this.settled(leader, version);
        else if (!this.#cluster.failover) this.#absent(leader, String(members["key"]));
        return;
      case "KEY_NOT_FOUND": {
        // With elections a refusal waits for a round, and its key may be deleted again meanwhile.
        if (this.#cluster.failover) return;
        const deleted = operations.filter(({ value }) => value === undefined);
        if (request.operations.length === 1 && deleted[0] !== undefined)
          this.#absent(leader, deleted[0].key);
        return;
      }
      default:
    }
  }

  /** The leader showed this of a key. */
  shown(leader: NodeId, key: string, found: KeyValue | undefined): void {
    if (found === undefined) this.#absent(leader, key);
    else this.settled(leader, found.version);
  }

  /** This entry is settled; so is what it was conditional on, with a lower quorum even. */
  settled(leader: NodeId, sequence: Sequence): void {
    const { history } = this.#cluster;
    if (sequence <= history.length) return;
    const [entry] = this.#log(leader).readLog(sequence, one);
    if (entry?.sequence !== sequence || this.#isFleeting(entry)) return;
    history.seen(entry);
    for (const { key, condition } of conditionsOf(entry)) {
      if (condition.version > 0) this.settled(leader, condition.version);
      else this.#absent(leader, key, sequence);
    }
  }

  /** Until somebody has applied it, a failover loses a write with quorum 0. */
  #isFleeting({ operations }: Entry): boolean {
    const { failover, history } = this.#cluster;
    return failover && history.reliance.least(contentOf(operations)).quorum === 0;
  }

  /** A key is absent: what deleted it is settled, if there is just one entry that can have. */
  #absent(leader: NodeId, key: string, before: Sequence = Number.POSITIVE_INFINITY): void {
    const { history, failover } = this.#cluster;
    // With elections this node may answer late what it showed before others, led by another one, went on.
    const shown = failover ? (this.#cluster.node(leader)?.applied ?? 0) : history.length;
    const length = Math.min(shown, history.length);
    if (history.at(length, key) === undefined) return;
    const above: readonly Entry[] = this.#log(leader).readLog(length + 1, many);
    const isDeletion = ({ sequence, operations }: Entry) =>
      sequence < before && isAbsentAfter(operations, key);
    const deletions = above.filter(isDeletion);
    const [only] = deletions;
    if (deletions.length === 1 && only !== undefined) this.settled(leader, only.sequence);
  }

  #log(leader: NodeId) {
    return this.#cluster.member(leader).disk.look();
  }
}

function isAbsentAfter(operations: readonly Operation[], key: string): boolean {
  const last = operations.findLast((operation) => operation.key === key);
  return last !== undefined && last.value === undefined;
}
