/** What both sides and a recovery do with floor notes. DESIGN.md, "The floor", says what they are for. */
import type { FloorNote } from "./types.ts";

/** The newer of two notes. */
export function newerNote(
  left: FloorNote | undefined,
  right: FloorNote | undefined,
): FloorNote | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  if (left.epoch !== right.epoch) return left.epoch > right.epoch ? left : right;
  return left.number >= right.number ? left : right;
}

/**
 * So many of all nodes that are not blank must promise to a candidate. Without the note of an elected leader, what
 * was written before elections rests on rules of its own, and all are asked.
 */
export const electionNeeds = (nodes: number, note: FloorNote | undefined): number =>
  note?.elected === true ? nodes - floorOf(note.quorum, Math.floor(nodes / 2)) : nodes;

/** A write quorum as recovery sees it: a write with no ack at all counts like one with one. */
export const floorOf = (quorum: number, max = Number.POSITIVE_INFINITY): number =>
  Math.min(Math.max(1, quorum), max);
