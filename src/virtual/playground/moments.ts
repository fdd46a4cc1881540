/** What a recording of a virtual cluster shows. Everything is immutable, and shared between moments where nothing changed. */
import type { Role } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";

/** One log entry as one node has it. `received`: in memory, not flushed; a crash loses it. */
export interface CellView {
  readonly sequence: number;
  readonly epoch: number;
  /** Like `a=1, b deleted`. */
  readonly text: string;
  readonly state: "received" | "durable" | "settled" | "committed" | "applied";
}

export interface KeyView {
  readonly key: string;
  readonly value: string;
  readonly version: number;
}

export interface NodeView {
  readonly id: NodeId;
  readonly state: "up" | "down" | "frozen";
  readonly role: Role;
  /** Whom it takes to lead; empty while it knows nobody. */
  readonly leader: NodeId;
  readonly epoch: number;
  /** What its disk has promised. */
  readonly promisedEpoch: number;
  readonly promisedLeader: NodeId | undefined;
  readonly last: number;
  readonly committed: number;
  readonly applied: number;
  /** The newest entries of its log, oldest first. */
  readonly cells: readonly CellView[];
  /** What a crash at this moment would leave: its store. */
  readonly disk: readonly KeyView[];
  /** `ok`, or what its disk refuses at the moment. */
  readonly diskState: string;
}

/** A message under way. */
export interface FlightView {
  /** Unique in a recording, the same in every replay. A story names it as `#17`. */
  readonly id: number;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly type: string;
  /** In plain words. */
  readonly text: string;
  readonly sentAt: number;
  readonly dueAt: number;
  /** A cut holds it back. */
  readonly isHeld: boolean;
}

/** What happens, from the least telling to the most. */
export const momentKinds = [
  "timer",
  "command",
  "message",
  "flush",
  "ack",
  "call",
  "commit",
  "settled",
  "answer",
  /** A node stands, leads, or leads no more. */
  "election",
  "start",
  "crash",
  "begin",
  "broken",
] as const;
export type MomentKind = (typeof momentKinds)[number];

/** The world right after one event. */
export interface Moment {
  readonly index: number;
  /** Virtual milliseconds since the story's first cluster began; a later one goes on from the one before. */
  readonly at: number;
  /** The most telling of `kinds`. */
  readonly kind: MomentKind;
  /** Of everything that happened since the moment before: one event may deliver an ack, settle and answer. */
  readonly kinds: readonly MomentKind[];
  /** What happened, in a few words. */
  readonly text: string;
  /** Of the story's text, from 0: the command that is carried out; -1 before the first one. */
  readonly line: number;
  /** The command's point at which the world looked like this; undefined: the command is over. See `textUntil`. */
  readonly point: number | undefined;
  /** How many of the recording's voyages and calls had begun. */
  readonly voyages: number;
  readonly calls: number;
  readonly nodes: readonly NodeView[];
  readonly flights: readonly FlightView[];
  /** Pairs `from to` whose wire is cut at the moment. */
  readonly cuts: readonly string[];
  /** Like `leader follower2 20`: wires whose messages take so many ms, where that is more than usual. */
  readonly slow: readonly string[];
}

/** A message from its sending to its end, for the space-time diagram. */
export interface Voyage {
  readonly id: number;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly type: string;
  readonly text: string;
  readonly sentAt: number;
  /** Undefined: still under way at the end. */
  readonly endedAt: number | undefined;
  readonly outcome: "delivered" | "lost" | "under way";
}

/** A client's call. */
export interface Call {
  readonly id: number;
  readonly node: NodeId;
  readonly text: string;
  readonly keys: readonly string[];
  readonly calledAt: number;
  readonly answeredAt: number | undefined;
  readonly outcome: string | undefined;
}

/** A promise that broke: the recording ends there. */
export interface Breach {
  readonly moment: number;
  readonly sentence: string;
  /** Calls and nodes that contradict each other. */
  readonly calls: readonly number[];
  readonly nodes: readonly NodeId[];
}

export interface Recording {
  /** The story as it was played, a line each: prose, commands and predictions, without what was recorded of them. */
  readonly text: readonly string[];
  /** Of all clusters of the story. */
  readonly ids: readonly NodeId[];
  readonly moments: readonly Moment[];
  readonly voyages: readonly Voyage[];
  readonly calls: readonly Call[];
  /** What each command said, by its line in `text`. */
  readonly said: ReadonlyMap<number, readonly string[]>;
  readonly breach: Breach | undefined;
  /** A line that is no command, or that failed; nothing after it was played. */
  readonly fault: { readonly line: number; readonly sentence: string } | undefined;
}

/** What is played in a page, and where it opens. */
export interface Scenario {
  readonly text: string;
  /** The index of a moment. */
  readonly moment: number;
  /** The name of a planted fault. */
  readonly fault?: string;
}
