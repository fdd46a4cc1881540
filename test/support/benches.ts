/**
 * The rules of one node on a bench: facts go in by hand, effects are carried out at once on a state
 * in memory, and what was sent, settled and told can be looked at. Flushes wait while `held`.
 */
import { Follower } from "../../src/replication/follower.ts";
import type { FollowerEffect, FollowerStart } from "../../src/replication/follower-effects.ts";
import { Leader } from "../../src/replication/leader.ts";
import type { LeaderEffect, LeaderStart } from "../../src/replication/leader-effects.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/replication/limits.ts";
import type { Proposal, ProposalOutcome, WishedOperation } from "../../src/replication/proposal.ts";
import type {
  Entry,
  FollowerMessage,
  HardState,
  LeaderMessage,
  Member,
  NodeId,
  Operation,
  Sequence,
  SequenceRange,
} from "../../src/replication/types.ts";
import { MemoryState } from "../../src/storage/memory/state.ts";

export const put = (key: string, value = "1"): Operation => ({ key, value });

export const entryOf = (
  sequence: Sequence,
  operations: readonly Operation[] = [put("a")],
  by: { epoch?: number; origin?: number } = {},
): Entry => {
  const { epoch = 1 } = by;
  return { sequence, epoch, origin: by.origin ?? epoch, operations };
};

export const memberOf = (id: NodeId): Member => ({
  id,
  url: `http://${id}`,
  peerUrl: `http://${id}`,
});

const enough = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };

/** Node state that a bench's rules look at and its effects change. */
class Disk {
  readonly state = new MemoryState();
  held = false;
  #waiting: (() => void)[] = [];

  get log() {
    const { state } = this;
    return {
      first: () => state.logBounds.first,
      read: (from: Sequence, limit: { entriesMax: number; bytesMax: number }) =>
        state.readLog(from, limit),
      history: (range: SequenceRange) => state.logHistory(range),
    };
  }

  get store() {
    return { get: (key: string) => this.state.table.get(key), copy: () => this.state.copy() };
  }

  flush(change: () => void): void {
    this.#waiting.push(change);
    if (!this.held) this.release();
  }

  /** Carries out the first that waited; the rest stays held. */
  releaseOne(): void {
    this.#waiting.shift()?.();
  }

  /** Carries out what waited, in order. */
  release(): void {
    this.held = false;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
  }
}

/** What a disk held before the node on the bench started. */
export interface Before {
  readonly hardState?: Partial<HardState>;
  readonly log?: readonly Entry[];
  /** Of the log, how much is applied. */
  readonly applied?: Sequence;
  readonly limits?: Partial<Limits>;
}

function diskOf(before: Before): Disk {
  const disk = new Disk();
  const { log = [], applied = 0 } = before;
  const apply = log.filter(({ sequence }) => sequence <= applied);
  const hardState = { ...disk.state.hardState, ...before.hardState };
  disk.state.commit({ append: log, apply, hardState });
  return disk;
}

export class LeaderBench {
  readonly disk: Disk;
  readonly core: Leader;
  /** Newest last. */
  readonly sent: { readonly to: NodeId; readonly message: LeaderMessage }[] = [];
  readonly settled: Sequence[] = [];
  readonly effects: LeaderEffect[] = [];
  now = 0;

  constructor(
    setup: { followers: readonly NodeId[]; writeQuorum: number } & Before,
    change: Partial<LeaderStart> = {},
  ) {
    this.disk = diskOf(setup);
    const { state } = this.disk;
    const { applied, digest, history } = state.summary;
    this.core = new Leader({
      id: "leader",
      followers: setup.followers,
      writeQuorum: setup.writeQuorum,
      hardState: state.hardState,
      applied,
      digest,
      history,
      tail: state.readLog(applied + 1, enough),
      member: memberOf("leader"),
      log: this.disk.log,
      store: this.disk.store,
      limits: { ...DEFAULT_LIMITS, ...setup.limits },
      ...change,
    });
  }

  /** Starts, and leads the given followers, which are empty unless said otherwise. */
  lead(
    followers: readonly NodeId[],
    promise: Partial<Extract<FollowerMessage, { type: "promise" }>> = {},
  ): this {
    this.do(this.core.start(this.now));
    for (const id of followers) this.open(id);
    for (const id of followers) this.promise(id, promise);
    if (this.core.notReady !== undefined) return this;
    for (const id of followers) if (this.preparing(id)) this.promise(id, promise);
    for (const id of followers) this.noteFloor(id);
    return this;
  }

  preparing(id: NodeId): boolean {
    return this.core.peers.some((peer) => peer.id === id && peer.link.state === "preparing");
  }

  open(id: NodeId): void {
    this.do(this.core.linkOpened(id, this.now));
  }

  close(id: NodeId): void {
    this.do(this.core.linkClosed(id, this.now));
  }

  promise(from: NodeId, facts: Partial<Extract<FollowerMessage, { type: "promise" }>> = {}): void {
    this.hear(from, {
      type: "promise",
      epoch: this.core.epoch,
      applied: 0,
      last: 0,
      blank: true,
      floor: undefined,
      digest: "",
      member: memberOf(from),
      incarnation: "1",
      history: undefined,
      followedEpoch: 0,
      ...facts,
    });
  }

  ack(from: NodeId, ...sequences: readonly Sequence[]): void {
    const ranges: SequenceRange[] = sequences.map((at) => ({ from: at, to: at }));
    this.hear(from, { type: "acks", epoch: this.core.epoch, ranges, applied: 0, digest: "" });
  }

  /** The follower knows, durably, the newest floor it was told. */
  noteFloor(from: NodeId): void {
    const told = this.messagesTo(from).findLast(
      (message) => message.type === "floor" || message.type === "lead",
    );
    if (told === undefined) return;
    this.hear(from, { type: "floorReceipt", epoch: this.core.epoch, floor: told.floor });
  }

  hear(from: NodeId, message: FollowerMessage): void {
    this.do(this.core.received(from, message, this.now));
  }

  propose(
    operations: readonly WishedOperation[],
    choice: Partial<Omit<Proposal, "operations">> = {},
  ): ProposalOutcome {
    const proposal = { operations, proposedAt: this.now, deadlineAt: this.now + 5_000, ...choice };
    const { outcomes, effects } = this.core.propose([proposal], this.now);
    this.do(effects);
    const [outcome] = outcomes;
    if (outcome === undefined) throw new Error("a proposal without an outcome");
    return outcome;
  }

  /** Ticks as a node does, with every follower given heard of all the while. */
  pass(ms: number, heard: readonly NodeId[] = []): void {
    const end = this.now + ms;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 100);
      for (const id of heard)
        this.hear(id, {
          type: "heartbeatReply",
          epoch: this.core.epoch,
          number: 0,
          applied: 0,
          digest: "",
          storageFault: "",
        });
      this.do(this.core.tick(this.now));
    }
  }

  messagesTo(id: NodeId): readonly LeaderMessage[] {
    return this.sent.filter(({ to }) => to === id).map(({ message }) => message);
  }

  /** Sequences sent to a follower, in the order of sending. */
  entriesTo(id: NodeId): readonly Sequence[] {
    return this.messagesTo(id).flatMap((message) =>
      message.type === "append" ? message.entries.map(({ sequence }) => sequence) : [],
    );
  }

  do(effects: readonly LeaderEffect[]): void {
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: LeaderEffect): void {
    const { disk } = this;
    const { state } = disk;
    this.effects.push(effect);
    switch (effect.type) {
      case "send":
        this.sent.push(effect);
        return;
      case "persist":
        disk.flush(() => {
          state.commit({ append: effect.entries, apply: [], hardState: effect.hardState });
          this.do(this.core.persisted(effect.flush, this.now));
        });
        return;
      case "apply":
        disk.flush(() => {
          state.commit({ append: [], apply: effect.entries });
          const { applied, digest, history } = state.summary;
          this.do(this.core.storeApplied(applied, digest, history));
        });
        return;
      case "beginStore":
        disk.flush(() => state.begin());
        return;
      case "addRecords":
        disk.flush(() => {
          state.add(state.incoming(), effect.records);
          this.do(this.core.persisted(effect.flush, this.now));
        });
        return;
      case "installStore":
        disk.flush(() => {
          state.install(state.incoming(), { ...effect.end, hardState: effect.hardState });
          this.do(this.core.persisted(effect.flush, this.now));
        });
        return;
      case "settled":
        this.settled.push(...effect.slots.map(({ entry }) => entry.sequence));
        return;
      default:
        return;
    }
  }
}

export class FollowerBench {
  readonly disk: Disk;
  readonly core: Follower;
  /** Newest last. */
  readonly sent: { readonly link: number; readonly message: FollowerMessage }[] = [];
  readonly effects: FollowerEffect[] = [];

  constructor(before: Before = {}, change: Partial<FollowerStart> = {}) {
    this.disk = diskOf(before);
    const { state } = this.disk;
    const { applied, digest, history } = state.summary;
    this.core = new Follower({
      id: "follower1",
      leader: "leader",
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
    this.hear({ type: "prepare", epoch, leader, to, members: [] }, link);
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

  hear(message: LeaderMessage, link = 1): void {
    this.do(this.core.received(link, message));
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

  do(effects: readonly FollowerEffect[]): void {
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: FollowerEffect): void {
    const { disk } = this;
    const { state } = disk;
    this.effects.push(effect);
    switch (effect.type) {
      case "send":
        this.sent.push(effect);
        return;
      case "close":
        return;
      case "persist":
        disk.flush(() => {
          state.commit({ append: effect.entries, apply: [], hardState: effect.hardState });
          this.do(this.core.persisted(effect.flush));
        });
        return;
      case "apply":
        disk.flush(() => {
          state.commit({ append: [], apply: effect.entries });
          const { applied, digest, history } = state.summary;
          this.core.storeApplied(applied, digest, history);
        });
        return;
      case "beginStore":
        disk.flush(() => state.begin());
        return;
      case "addRecords":
        disk.flush(() => {
          state.add(state.incoming(), effect.records);
          this.do(this.core.persisted(effect.flush));
        });
        return;
      case "installStore":
        disk.flush(() => {
          state.install(state.incoming(), { ...effect.end, hardState: effect.hardState });
          this.do(this.core.persisted(effect.flush));
        });
        return;
    }
  }
}
