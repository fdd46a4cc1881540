/**
 * The rules of one node on a bench: facts go in by hand, effects are carried out at once on a state
 * in memory, and what was sent, settled and told can be looked at. Flushes wait while `held`.
 */
import type { Effects, SealedStore, StorageEffect } from "../../src/replication/effects.ts";
import { Follower } from "../../src/replication/follower/follower.ts";
import type {
  FollowerEffects,
  FollowerFlush,
  FollowerNews,
} from "../../src/replication/follower/follower-effects.ts";
import type { FollowerStart } from "../../src/replication/follower/follower-start.ts";
import { Leader } from "../../src/replication/leader/leader.ts";
import type {
  Deposed,
  LeaderEffects,
  LeaderFlush,
  LeaderNews,
} from "../../src/replication/leader/leader-effects.ts";
import type { LeaderStart } from "../../src/replication/leader/leader-start.ts";
import type {
  Proposal,
  ProposalOutcome,
  WishedOperation,
} from "../../src/replication/leader/proposal.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/replication/limits.ts";
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

/** How the rules on a bench learn of what their disk has done. */
interface Reports<Flush> {
  readonly sealed: (store: SealedStore) => void;
  readonly persisted: (flush: Flush) => void;
  readonly applied: (state: MemoryState["summary"]) => void;
}

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
    const { state } = this;
    return {
      get: (key: string) => state.table.get(key),
      list: (query: Parameters<typeof state.table.list>[0]) => state.table.list(query),
      copy: () => state.copy(),
    };
  }

  /** Takes what a step stores, to be carried out by `flush`. */
  queue<Flush>(effects: readonly StorageEffect<Flush>[], reports: Reports<Flush>): void {
    for (const effect of effects) this.#waiting.push(() => this.#carryOut(effect, reports));
  }

  #carryOut<Flush>(effect: StorageEffect<Flush>, reports: Reports<Flush>): void {
    const { state } = this;
    switch (effect.type) {
      case "persist":
        state.commit({ append: effect.entries, apply: [], hardState: effect.hardState });
        reports.persisted(effect.flush);
        return;
      case "apply":
        state.commit({ append: [], apply: effect.entries });
        reports.applied(state.summary);
        return;
      case "beginStore":
        state.begin();
        return;
      case "addRecords":
        state.add(state.incoming(), effect.records);
        reports.persisted(effect.flush);
        return;
      case "sealStore":
        reports.sealed({ ...effect.sealed, digest: state.incomingDigest });
        return;
      case "installStore":
        state.install(state.incoming(), { ...effect.end, hardState: effect.hardState });
        reports.persisted(effect.flush);
        return;
    }
  }

  /** The step is over: carries out what waits, unless the disk is held. */
  flush(): void {
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

/** What the steps on a bench have asked for so far, newest last. */
class Told<To, Message, Flush, News> {
  readonly stored: StorageEffect<Flush>[] = [];
  readonly closed: { readonly to: To; readonly reason: string }[] = [];
  readonly news: News[] = [];
  readonly sent: { readonly to: To; readonly message: Message }[] = [];

  protected note({ storage, closes, news, sends }: Effects<To, Message, Flush, News>): void {
    this.stored.push(...storage);
    this.closed.push(...closes);
    this.news.push(...news);
    this.sent.push(...sends);
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

export class LeaderBench extends Told<NodeId, LeaderMessage, LeaderFlush, LeaderNews> {
  readonly disk: Disk;
  readonly core: Leader;
  readonly settled: Sequence[] = [];
  deposed: Deposed | undefined;
  now = 0;

  constructor(
    setup: { followers: readonly NodeId[]; writeQuorum: number } & Before,
    change: Partial<LeaderStart> = {},
  ) {
    super();
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
      freshClusterId: "f".repeat(32),
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

  /** Performs a step as a node does: what is stored is flushed once everything else is done. */
  do(effects: LeaderEffects): void {
    this.note(effects);
    this.settled.push(...effects.settled.map(({ entry }) => entry.sequence));
    this.deposed ??= effects.deposed;
    this.disk.queue(effects.storage, {
      persisted: (flush) => this.do(this.core.persisted(flush, this.now)),
      sealed: (store) => this.do(this.core.sealed(store, this.now)),
      applied: ({ applied, digest, history }) =>
        this.do(this.core.storeApplied(applied, digest, history)),
    });
    this.disk.flush();
  }
}

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
