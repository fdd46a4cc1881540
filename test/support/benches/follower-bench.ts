/**
 * The rules of following on a bench: facts go in by hand, effects are carried out at once on a state
 * in memory, and what was sent, settled and told can be looked at. Flushes wait while `held`.
 */
import { Follower } from "../../../src/replication/follower/follower.ts";
import type {
  FollowerEffects,
  FollowerFlush,
  FollowerNews,
} from "../../../src/replication/follower/follower-effects.ts";
import type { FollowerStart } from "../../../src/replication/follower/follower-start.ts";
import { DEFAULT_LIMITS } from "../../../src/replication/limits.ts";
import type {
  Entry,
  FollowerMessage,
  LeaderMessage,
  NodeId,
  Sequence,
} from "../../../src/replication/types.ts";
import { type Before, type Disk, diskOf } from "./disk.ts";
import { memberOf } from "./samples.ts";
import { Told } from "./told.ts";

export class FollowerBench extends Told<number, FollowerMessage, FollowerFlush, FollowerNews> {
  readonly disk: Disk;
  readonly core: Follower;
  now = 0;

  constructor(before: Before = {}, change: Partial<FollowerStart> = {}) {
    super();
    this.disk = diskOf(before);
    const { state } = this.disk;
    const { applied, digest, history } = state.summary;
    this.core = new Follower({
      id: "follower1",
      leader: "leader",
      all: ["leader", "follower1"],
      hardState: state.hardState,
      applied,
      digest,
      history,
      member: memberOf("follower1"),
      incarnation: "1",
      last: () => state.logBounds.last,
      log: this.disk.log,
      store: this.disk.store,
      limits: { ...DEFAULT_LIMITS, ...before.limits },
      ...change,
    });
  }

  prepare(epoch: number, at: { link?: number; leader?: NodeId; to?: NodeId } = {}): void {
    const { link = 1, leader = "leader", to = "follower1" } = at;
    const who = { epoch, leader, to, members: [], nodes: ["follower1", "leader"] };
    this.hear({ type: "prepare", elected: false, ...who }, link);
  }

  /** Promises an epoch and is led from there. */
  follow(epoch: number, lead: { link?: number; completeAt?: Sequence } = {}): this {
    const { link = 1, completeAt = 0 } = lead;
    this.prepare(epoch, { link });
    this.hear({ type: "lead", epoch, completeAt, floor: undefined, replace: false }, link);
    return this;
  }

  append(entries: readonly Entry[], committed: Sequence = 0, link = 1): void {
    this.hear({ type: "append", epoch: this.core.epoch, entries, committed }, link);
  }

  hear(message: Exclude<LeaderMessage, { type: "poll" }>, link = 1): void {
    this.do(this.core.received(link, message, this.now));
  }

  get answers(): readonly FollowerMessage[] {
    return this.sent.map(({ message }) => message);
  }

  /** Every sequence acked so far, in the order of the acks. */
  get acked(): readonly Sequence[] {
    return this.answers.flatMap((message) =>
      message.type !== "acks"
        ? []
        : message.ranges.flatMap(({ from, to }) =>
            Array.from({ length: to - from + 1 }, (_, index) => from + index),
          ),
    );
  }

  get refusals(): readonly string[] {
    return this.answers.flatMap((message) => (message.type === "refusal" ? [message.reason] : []));
  }

  /** Performs a step as a node does: what is stored is flushed once everything else is done. */
  do(effects: FollowerEffects): void {
    this.note(effects);
    this.disk.queue(effects.storage, {
      persisted: (flush) => this.do(this.core.persisted(flush)),
      sealed: (store) => this.do(this.core.sealed(store)),
      applied: ({ applied, digest, history }) =>
        this.do(this.core.storeApplied(applied, digest, history)),
    });
    this.disk.flush();
  }
}
