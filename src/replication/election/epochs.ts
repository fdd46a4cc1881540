/** Epochs that name their node: two candidates never share one, even where none has heard of the other. */
import type { Epoch, NodeId } from "../types.ts";

/** The node's index among the sorted ids of all nodes: every node works out the same. */
export const placeOf = (id: NodeId, nodes: readonly NodeId[]): number =>
  nodes.toSorted().indexOf(id);

/** The lowest epoch of this place that is above `known`: its remainder by the number of nodes is the place. */
export function nextEpoch(known: Epoch, { place, nodes }: { place: number; nodes: number }): Epoch {
  const round = Math.floor(known / nodes) * nodes + place;
  return round > known ? round : round + nodes;
}
