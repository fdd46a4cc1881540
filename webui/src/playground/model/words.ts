/** The state of nodes, cells and messages as sentences, for screen readers and for hints. */
import type { Call, CellView, FlightView, NodeView } from "./moments.ts";

/** Virtual times are short: a tenth of a millisecond is enough. */
export const inMs = (ms: number): string => `${Number(ms.toFixed(1))} ms`;

const roleOf = ({ state, role }: NodeView): string =>
  state === "down" ? "down" : state === "frozen" ? `frozen ${role}` : role;

/** Everything that is drawn of a node. */
export function nodeInWords(node: NodeView): string {
  if (node.state === "down") return `${node.id}: down; its disk keeps ${diskInWords(node)}`;
  const { id, epoch, promisedEpoch, last, committed, applied, diskState } = node;
  const promised = promisedEpoch === epoch ? "" : `, promised epoch ${promisedEpoch}`;
  const disk = diskState === "ok" ? "" : `; disk: ${diskState}`;
  return `${id}: ${roleOf(node)}, epoch ${epoch}${promised}; last ${last}, committed ${committed}, applied ${applied}${disk}`;
}

/** What is left of a node by a crash: its flushed entries, and its store. */
export function diskInWords(node: NodeView): string {
  const entries = durableEntries(node);
  const store = node.disk.map(({ key, value, version }) => `${key}=${value} at version ${version}`);
  return [
    entries === "" ? "no entry" : `entries ${entries}`,
    store.length === 0 ? "an empty store" : store.join(", "),
  ].join("; ");
}

/** Like `1-3, 5`. */
export function durableEntries({ cells }: NodeView): string {
  const ranges: { from: number; to: number }[] = [];
  for (const { sequence, state } of cells) {
    if (state === "received") continue;
    const last = ranges.at(-1);
    if (last !== undefined && last.to === sequence - 1) last.to = sequence;
    else ranges.push({ from: sequence, to: sequence });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}

export const cellInWords = ({ sequence, epoch, text, state }: CellView): string =>
  `entry ${sequence} of epoch ${epoch}, ${text === "" ? "nothing" : text}: ${state}`;

export const flightInWords = ({ from, to, text }: FlightView): string =>
  `${from} to ${to}: ${text}`;

export const callInWords = ({ text, outcome }: Call): string =>
  outcome === undefined ? `${text}, not answered yet` : `${text}, answered: ${outcome}`;

/** The newest call at a node, until something else happens there. */
export function callAt(calls: readonly Call[], node: string, at: number): Call | undefined {
  const last = calls.findLast((call) => call.node === node && call.calledAt <= at);
  if (last === undefined) return undefined;
  const answeredAt = last.answeredAt ?? Number.POSITIVE_INFINITY;
  return at <= answeredAt + shownForMs ? last : undefined;
}

const shownForMs = 10;

/** `version 1, quorum 2, acks [follower1, follower2], 3.0 ms` is told by its first part. */
export const shortOutcome = (outcome: string): string => outcome.split(/, |: | \(/)[0] ?? outcome;
