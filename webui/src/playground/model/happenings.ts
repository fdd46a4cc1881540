/**
 * What happens at which node, read off two moments that follow each other. A moment says in words what
 * happened; where it happened is told by what changed.
 */
import type { NodeId } from "../../../../src/replication/types.ts";
import type { Moment, NodeView, Recording } from "./moments.ts";

export const happeningNames = ["flush", "commit", "start", "leads", "crash"] as const;
export type HappeningName = (typeof happeningNames)[number];

export interface Happening {
  readonly name: HappeningName;
  readonly node: NodeId;
  readonly index: number;
  readonly at: number;
  readonly text: string;
}

/** In the order of the moments. */
export function happeningsOf({ moments }: Pick<Recording, "moments">): readonly Happening[] {
  return moments.flatMap((moment, place) => {
    const before = moments[place - 1];
    return before === undefined || before.nodes === moment.nodes ? [] : between(before, moment);
  });
}

function between(before: Moment, { nodes, index, at }: Moment): readonly Happening[] {
  return nodes.flatMap((node, place) => {
    const former = before.nodes[place];
    if (former === undefined || former === node) return [];
    return changesOf(former, node).map((change) => ({ ...change, node: node.id, index, at }));
  });
}

function changesOf(former: NodeView, node: NodeView) {
  const changes: { name: HappeningName; text: string }[] = [];
  const note = (name: HappeningName, text: string) => changes.push({ name, text });
  if (former.state !== "down" && node.state === "down") note("crash", `${node.id} is down`);
  if (former.state === "down" && node.state !== "down") note("start", `${node.id} starts`);
  if (former.role !== "leader" && node.role === "leader" && node.state !== "down")
    note("leads", `${node.id} leads, epoch ${node.epoch}`);
  if (node.state === "down") return changes;
  const flushed = durableIn(node).filter((sequence) => !durableIn(former).includes(sequence));
  if (former.state !== "down" && flushed.length > 0)
    note("flush", `${node.id} has flushed ${flushed.join(", ")}`);
  if (node.role === "leader" && node.committed > former.committed)
    note("commit", `committed ${node.committed}`);
  return changes;
}

const durableIn = ({ cells }: NodeView): readonly number[] =>
  cells.filter(({ state }) => state !== "received").map(({ sequence }) => sequence);

/** For how long a node was in one state. */
export interface Stretch {
  readonly fromAt: number;
  readonly toAt: number;
  readonly state: NodeView["state"];
  readonly leads: boolean;
}

/** One list for each node, without gaps while it is part of the cluster. */
export function stretchesOf({
  moments,
  ids,
}: Pick<Recording, "moments" | "ids">): ReadonlyMap<NodeId, readonly Stretch[]> {
  const lastAt = moments.at(-1)?.at ?? 0;
  return new Map(
    ids.map((id) => {
      const stretches: Stretch[] = [];
      let open: Stretch | undefined;
      for (const { nodes, at } of moments) {
        const node = nodes.find((one) => one.id === id);
        // It is no node of a later cluster.
        if (node === undefined) {
          if (open !== undefined) stretches.push({ ...open, toAt: at });
          open = undefined;
          continue;
        }
        const leads = node.role === "leader" && node.state !== "down";
        if (open?.state === node.state && open.leads === leads) continue;
        if (open !== undefined) stretches.push({ ...open, toAt: at });
        open = { fromAt: at, toAt: lastAt, state: node.state, leads };
      }
      if (open !== undefined) stretches.push(open);
      return [id, stretches];
    }),
  );
}
