/** How a story writes times, answers and nodes. */
import type { Result } from "../../errors.ts";
import type { KeysView, KeyValue, KvNode, WriteReceipt } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { describeEntry } from "../world/narrate.ts";

export const milliseconds = (text: string): number => Number(text.replace(/ms$/, ""));

export function describeAnswer(result: Result<WriteReceipt>): string {
  if (!result.ok) return `${result.failure.code}: ${result.failure.detail}`;
  const { version, quorum, acks, latencyMs, repeated } = result.value;
  const nodes = acks.map(({ node }) => node).join(", ");
  const again = repeated === true ? ", as before" : "";
  return `version ${version}, quorum ${quorum}, acks [${nodes}], ${latencyMs.toFixed(1)} ms${again}`;
}

export const describeRead = (result: Result<KeyValue>): string =>
  result.ok ? `${result.value.value} at version ${result.value.version}` : result.failure.code;

export function describeView(keys: readonly string[], result: Result<KeysView>): string {
  if (!result.ok) return result.failure.code;
  const { entries, sequence } = result.value;
  const shown = keys.map((key, at) => {
    const entry = entries[at] ?? null;
    return entry === null ? `no ${key}` : `${key}=${entry.value} at version ${entry.version}`;
  });
  return `${shown.join(", ")}, after entry ${sequence}`;
}

const isOfStorage = /storage|quorum|belongs to/;
const isOfElections =
  /storage|quorum|stands for|no leader is heard|no longer leads|obeys|does not lead|leads on|disk|refused|belongs to/;

/** Whether a story tells this line of a node's log. */
export const isTold = (line: string, failover: boolean): boolean =>
  (failover ? isOfElections : isOfStorage).test(line);

/** How far each node is. */
export const statusOf = (cluster: VirtualCluster): readonly string[] =>
  cluster.ids.map((id) => {
    const node = cluster.node(id);
    return `${id.padEnd(9)} ${node === undefined ? "down" : describeNode(node)}`;
  });

/** The log on the disk of a node. */
export function logOf(cluster: VirtualCluster, id: NodeId): readonly string[] {
  const disk = cluster.member(id).disk.look();
  const { applied } = disk.summary();
  const all = { entriesMax: 1_000, bytesMax: 1_000_000 };
  const lines = disk.readLog(1, all).map((entry) => {
    const mark = entry.sequence <= applied ? "applied" : "";
    return `${describeEntry(entry)} epoch ${entry.epoch} ${mark}`.trimEnd();
  });
  return lines.length > 0 ? lines : [`empty log, applied ${applied}`];
}

function describeNode(node: KvNode): string {
  const { role, epoch, last, committed, applied, reasons } = node.status();
  const hardState = `epoch ${epoch}, last ${last}, committed ${committed}, applied ${applied}`;
  return [`${role}: ${hardState}`, ...reasons].join("; ");
}

/** To which cluster each disk belongs, and what it has promised. */
export const idsOf = ({ members }: VirtualCluster): readonly string[] =>
  [...members.values()].map(({ id, disk }) => {
    const { cluster, promisedEpoch, promisedLeader, blank } = disk.look().hardState();
    const shortened =
      cluster === undefined
        ? "no cluster"
        : `cluster ${cluster.id.slice(0, 1)}…${cluster.id.slice(-1)}`;
    const confirmed = cluster?.confirmed === true ? ", confirmed" : "";
    const promised =
      promisedEpoch === 0 ? "" : `; promised epoch ${promisedEpoch} to ${promisedLeader}`;
    return `${id.padEnd(9)} ${shortened}${confirmed}${blank ? ", blank" : ""}${promised}`;
  });
