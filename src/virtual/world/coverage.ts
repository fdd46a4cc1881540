import { type asked, type Excuse, heldBack } from "./account.ts";

/**
 * What the seeds went through. A proof that never met a situation says nothing about it, so a test
 * asks that each of these was met.
 */
const situations = [
  // Answers
  "settled",
  "OUTCOME_UNKNOWN",
  "unknown without a version",
  "QUORUM_UNAVAILABLE",
  "OVERLOADED",
  "RECOVERING",
  "SHUTTING_DOWN",
  "VERSION_MISMATCH",
  "KEY_NOT_FOUND",
  "writer left without an answer by a crash",
  "write with a quorum below the usual one",
  // Streams
  "message delivered out of order",
  "message delivered twice",
  "stream broken by a dropped message",
  "wire cut one way",
  "wire cut both ways",
  "stale epoch or stream refused",
  "snapshot sent",
  "snapshot installed",
  // Leaderships
  "leading begun with an intact log",
  "recovery of data begun",
  "recovery of data done",
  "recovery interrupted by a crash",
  "store copied by a recovery",
  "hole or dropped entry became a no-op",
  "entry dropped by a recovery",
  "conditional entry dropped by a recovery",
  "leadership moved by settings",
  "leader deposed",
  // Floor
  "floor lowered",
  "floor raised",
  "floor lowered while too few were live",
  // Disks
  "leader wiped",
  "follower wiped",
  heldBack,
  "flush refused by a full disk",
  "log compacted",
  "flush survived a crash untold",
  // Readers
  "leader read",
  "leader read that waited",
  "list on the leader",
  "follower read",
  "follower read that waited for a version",
  "linearizable read on a follower",
  "linearizable list on a follower",
  "keys in one view on the leader",
  "keys in one view on the leader that waited",
  "keys in one view on a follower",
  // Transactions
  "transaction with a check settled",
  "check refused",
  "entry with a check applied",
  "repeat answered as before",
  "idempotency key of another write refused",
  "idempotency key forgotten",
  "watch resumed",
  "watch paused",
  "watch told COMPACTED",
  "watch resumed ahead of its node",
  "watch told its position",
  // Members
  "follower fell silent",
  "follower came back",
] as const;

/** Those of clusters where any node may lead. */
const elections = [
  "election won",
  "two nodes claim to lead",
  "vote refused",
  "candidate heard too few",
  "leader obeyed a higher epoch",
  "leader said that it cannot lead",
  "leader went on in a much higher epoch",
  "follower told to stand",
  "settings kept by an election",
  "change of settings unknown",
  "handover begun",
  "handover given up",
  "handover refused",
  "leadership handed over",
  "leadership handed back",
  "NO_LEADER",
  "NOT_LEADER",
] as const;

/** What does not come to pass where any node may lead. */
const withoutElections: readonly string[] = [
  "unknown without a version",
  "leading begun with an intact log",
  "recovery of data done",
  "leadership moved by settings",
  "floor lowered while too few were live",
];

export type Situation = (typeof situations)[number] | (typeof elections)[number];

export class Coverage {
  readonly #counts = new Map<string, number>();

  /** Counts a situation, or a fault by its name. */
  met(
    what: Situation | `fault: ${string}` | `scene: ${string}` | `excused: ${Excuse}` | typeof asked,
    times = 1,
  ): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  add(other: Readonly<Record<string, number>>): void {
    for (const [what, times] of Object.entries(other))
      this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** What was never met, of the situations and of these names. */
  missing(names: readonly string[], failover = false): readonly string[] {
    const all = failover
      ? [...situations.filter((what) => !withoutElections.includes(what)), ...elections]
      : situations;
    return [...all, ...names].filter((what) => !this.#counts.has(what));
  }
}
