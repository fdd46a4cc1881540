/**
 * The rules of leading on a bench: facts go in by hand, effects are carried out at once on a state
 * in memory, and what was sent, settled and told can be looked at. Flushes wait while `held`.
 */
import { Leader } from "../../../src/replication/leader/leader.ts";
import type {
  Deposed,
  LeaderEffects,
  LeaderFlush,
  LeaderNews,
} from "../../../src/replication/leader/leader-effects.ts";
import type { LeaderStart } from "../../../src/replication/leader/leader-start.ts";
import type {
  Proposal,
  ProposalOutcome,
  WishedOperation,
} from "../../../src/replication/leader/proposal.ts";
import { DEFAULT_LIMITS } from "../../../src/replication/limits.ts";
import type {
  FollowerMessage,
  LeaderMessage,
  NodeId,
  Sequence,
  SequenceRange,
} from "../../../src/replication/types.ts";
import { type Before, type Disk, diskOf } from "./disk.ts";
import { memberOf, promiseOf } from "./samples.ts";
import { Told } from "./told.ts";

const enough = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };

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
    this.hear(from, promiseOf(from, { epoch: this.core.epoch, blank: true, ...facts }));
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
