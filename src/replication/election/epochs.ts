/** Epochs that name their node: two candidates never share one, even where none has heard of the other. */
import { epochLeapMax, numberMax } from "../bounds.ts";
import type { Epoch, NodeId } from "../types.ts";

/** The node's index among the sorted ids of all nodes: every node works out the same. */
export const placeOf = (id: NodeId, nodes: readonly NodeId[]): number =>
  nodes.toSorted().indexOf(id);

/** The lowest epoch of this place that is above `known`: its remainder by the number of nodes is the place. */
export function nextEpoch(known: Epoch, { place, nodes }: { place: number; nodes: number }): Epoch {
  const round = Math.floor(known / nodes) * nodes + place;
  return round > known ? round : round + nodes;
}

/**
 * Whether somebody's word of an epoch is to be believed by a node that knows of `known` as the highest one; 0: of
 * none, so that it cannot tell.
 */
export const isBelievable = (epoch: Epoch, known: Epoch): boolean =>
  epoch <= numberMax && (known === 0 || epoch - known <= epochLeapMax);

/** Whether that node, and no other one, may stand in this epoch. */
export const isEpochOf = (epoch: Epoch, id: NodeId, nodes: readonly NodeId[]): boolean =>
  epoch % nodes.length === placeOf(id, nodes);
