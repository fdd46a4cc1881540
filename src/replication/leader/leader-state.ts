import { floorOf } from "../floor-note.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import type { Recovery } from "../recovery/recovery.ts";
import type {
  Entry,
  Epoch,
  FollowerMessage,
  HardState,
  History,
  Instant,
  Member,
  NodeId,
  Sequence,
  SnapshotEnd,
} from "../types.ts";
import { Backlog } from "./backlog.ts";
import { DigestWatch } from "./digest-watch.ts";
import type { Floor, FloorRule } from "./floor.ts";
import { ClusterIdentity } from "./identity.ts";
import { LeaderDraft, type LeaderFlush } from "./leader-effects.ts";
import type { LeaderStart } from "./leader-start.ts";
import { Membership } from "./membership.ts";
import type { Peer } from "./peer.ts";
import type { Rounds } from "./rounds.ts";
import { Streams } from "./streams.ts";
import { Writes } from "./writes.ts";

export type PromiseMessage = Extract<FollowerMessage, { type: "promise" }>;

/** How far a node is on its way to leading. Phases follow each other; only a new epoch goes back. */
export type Phase =
  /** The new epoch is being flushed. */
  | { readonly type: "starting" }
  /** The log here is intact as far as this disk knows: followers must confirm that nobody else led since. */
  | {
      readonly type: "confirming";
      readonly answers: Map<NodeId, PromiseMessage>;
      readonly since: Instant;
    }
  /** The log here proves nothing: the followers are asked for what they hold. */
  | { readonly type: "recovering"; readonly recovery: Recovery; readonly since: Instant }
  | {
      readonly type: "leading";
      readonly floor: Floor;
      readonly rounds: Rounds;
      /** The log is flushed in this epoch: followers may be led, writes accepted. */
      established: boolean;
    };

/** As far as this disk knows, nobody else has led since this node last did. */
export const isIntact = ({ ledEpoch, promisedEpoch }: HardState): boolean =>
  ledEpoch > 0 && ledEpoch === promisedEpoch;

/** What the parts of a leader share. They change it in turn, each within one fact. */
export class LeaderState {
  readonly start: LeaderStart;
  readonly limits: Limits;
  readonly members: Membership;
  readonly writes: Writes;
  readonly streams: Streams;
  readonly digests: DigestWatch;
  readonly identity: ClusterIdentity;
  /** The effects of the step under way. */
  readonly out = new LeaderDraft();
  phase: Phase = { type: "starting" };
  /** As last handed to storage. Its promisedEpoch is the epoch of this leadership. */
  hardState: HardState;
  /** Follower acks of a write that does not choose its own quorum. */
  writeQuorum: number;

  constructor(start: LeaderStart) {
    const { applied, digest, history, store } = start;
    const { out } = this;
    const limits = start.limits ?? DEFAULT_LIMITS;
    const backlog = new Backlog(start.log);
    this.start = start;
    this.limits = limits;
    this.hardState = start.hardState;
    this.writeQuorum = start.writeQuorum;
    this.members = new Membership(start.followers, limits);
    // What an elected leader applies must be on another node: a store may not run ahead of all others.
    const commitAcks = start.election === undefined ? 0 : Math.min(1, start.followers.length);
    this.writes = new Writes({ applied, limits, store, backlog, out, commitAcks });
    this.streams = new Streams({ limits, backlog, store, position: () => this, out });
    this.digests = new DigestWatch({ applied, digest, history });
    const { followers, hardState, freshClusterId: fresh } = start;
    this.identity = new ClusterIdentity({ fresh, followers: followers.length, hardState });
  }

  get epoch(): Epoch {
    return this.hardState.promisedEpoch;
  }

  get last(): Sequence {
    return this.writes.ledger.last;
  }

  get committed(): Sequence {
    return this.writes.ledger.committed;
  }

  get applied(): Sequence {
    return this.writes.applied;
  }

  /** The sum over everything applied; undefined: not known. */
  get history(): History | undefined {
    return this.digests.shown.history;
  }

  /** Nothing of an epoch is sent before the epoch is flushed. */
  get epochDurable(): boolean {
    const { phase } = this;
    return phase.type === "leading" ? phase.established : phase.type !== "starting";
  }

  /** Every member's gateway as far as it is known, this node's first. */
  get gateways(): readonly Member[] {
    return [this.start.member, ...this.members.gateways(this.hardState.members)];
  }

  /** All nodes, this one included. */
  get nodes(): number {
    return this.members.size + 1;
  }

  get floorRule(): FloorRule {
    return this.start.election === undefined
      ? { max: Number.POSITIVE_INFINITY, strict: false }
      : { max: Math.floor(this.nodes / 2), strict: true };
  }

  /** The floor of a cluster that never had one. */
  get usualFloor(): { quorum: number; over: number } {
    const quorum = floorOf(this.writeQuorum, this.floorRule.max);
    return { quorum, over: quorum };
  }

  /** The store shows this, flushed. */
  storeApplied(shown: SnapshotEnd): void {
    this.writes.storeApplied(shown.applied);
    this.digests.note(shown);
  }

  /** Changes the hard state and makes it durable, together with these entries. */
  persist(change: Partial<HardState>, flush: LeaderFlush, entries: readonly Entry[] = []): void {
    this.hardState = { ...this.hardState, ...change };
    this.out.persist(flush, { entries, hardState: this.hardState });
  }

  /** Asks a follower to promise this epoch. Its answer says what it is and holds. */
  prepare(peer: Peer): void {
    const { epoch, gateways: members } = this;
    const leader = this.start.id;
    const elected = this.start.election !== undefined;
    const nodes = [leader, ...this.start.followers].toSorted();
    const who = { leader, to: peer.id, members, nodes, cluster: this.identity.mark };
    this.out.send(peer.id, { type: "prepare", elected, epoch, ...who });
  }

  /** Asks all followers whose streams are open, whatever they promised before. */
  prepareAll(): void {
    for (const peer of this.members.all) {
      if (peer.link.state === "down") continue;
      peer.drop();
      peer.link = { state: "preparing" };
      this.prepare(peer);
    }
  }

  /** Tells which followers' states have changed, and that this one is a new process. */
  report(restarted?: Peer): void {
    for (const news of this.members.report(restarted)) this.out.tell(news);
  }

  /** Compares a follower's digest with the leader's own at the same applied mark. */
  compareDigest(peer: Peer): void {
    const { id, applied } = peer;
    if (this.digests.compare(id, peer)) this.out.tell({ type: "digestMismatch", id, applied });
  }
}
