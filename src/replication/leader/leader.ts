import type { SealedStore } from "../effects.ts";
import type { Survival } from "../election/survival.ts";
import type {
  ClusterMark,
  Digest,
  Epoch,
  FloorNote,
  FollowerMessage,
  HardState,
  History,
  Instant,
  Member,
  NodeId,
  Sequence,
} from "../types.ts";
import type { LeaderDraft, LeaderEffects, LeaderFlush } from "./leader-effects.ts";
import { LeaderSettings } from "./leader-settings.ts";
import type { LeaderStart } from "./leader-start.ts";
import { LeaderState, type PromiseMessage } from "./leader-state.ts";
import { Leading } from "./leading.ts";
import type { Ledger } from "./ledger.ts";
import type { Overlay } from "./overlay.ts";
import type { Peer } from "./peer.ts";
import type { Proposal, ProposalOutcome, Refusal } from "./proposal.ts";
import { Refusals } from "./refusals.ts";
import type { Rounds } from "./rounds.ts";
import { Takeover } from "./takeover.ts";
import { faultOf } from "./word-of-follower.ts";

/** The rules of leading: facts in, effects out, one record for each fact. */
export class Leader {
  readonly #state: LeaderState;
  /** The effects of the step under way. Every fact ends by taking them. */
  readonly #out: LeaderDraft;
  readonly #takeover: Takeover;
  readonly #leading: Leading;
  readonly #refusals: Refusals;
  readonly settings: LeaderSettings;
  #heartbeatAt: Instant | undefined;

  constructor(start: LeaderStart) {
    this.#state = new LeaderState(start);
    this.#out = this.#state.out;
    this.#takeover = new Takeover(this.#state);
    this.#leading = new Leading(this.#state);
    const rules = { state: this.#state, leading: this.#leading, takeover: this.#takeover };
    this.settings = new LeaderSettings(rules);
    this.#refusals = new Refusals(rules);
  }

  get epoch(): Epoch {
    return this.#state.epoch;
  }
  get last(): Sequence {
    return this.#state.last;
  }
  get committed(): Sequence {
    return this.#state.committed;
  }
  get applied(): Sequence {
    return this.#state.applied;
  }
  /** The sum over everything applied; undefined: not known. */
  get history(): History | undefined {
    return this.#state.history;
  }
  get writeQuorum(): number {
    return this.#state.writeQuorum;
  }
  get overlay(): Overlay {
    return this.#state.writes.overlay;
  }
  get ledger(): Ledger {
    return this.#state.writes.ledger;
  }
  get peers(): readonly Peer[] {
    return this.#state.members.all;
  }
  get liveFollowers(): readonly NodeId[] {
    return this.#state.members.live;
  }
  /** See Membership.neededFrom. */
  get neededFrom(): Sequence {
    return this.#state.members.neededFrom;
  }
  /** Entries that are not applied yet. */
  get waiting(): { entries: number; bytes: number } {
    return this.#state.writes.waiting;
  }
  /** As last handed to storage. */
  get hardState(): HardState {
    return this.#state.hardState;
  }
  /** Undefined: nobody else may lead (FAILOVER=0), or this node does not lead yet. */
  get rounds(): Rounds | undefined {
    return this.#state.start.election === undefined ? undefined : this.#leading.rounds;
  }
  /** With FAILOVER=1: how many more nodes may fail. */
  get survival(): Survival | null {
    return this.#state.start.election === undefined ? null : this.#leading.survival();
  }
  /** Enough followers have lent it a lease: nobody else leads. */
  holdsLease(now: Instant): boolean {
    return this.#leading.leases.isHeld(now);
  }
  /** An elected leader that too few followers have answered for an election timeout could not go on alone. */
  isAlone(now: Instant): boolean {
    return this.#leading.isAlone(now);
  }
  /** Why it neither reads nor writes yet; undefined when it does. */
  get notReady(): string | undefined {
    const isEmpty = this.last === 0;
    return this.#takeover.describe() ?? this.#state.identity.describe(isEmpty);
  }
  /** What it shows of its cluster: as flushed. */
  get mark(): ClusterMark {
    return this.#state.identity.mark;
  }
  /** Every member's gateway as far as it is known, this node's first. */
  get members(): readonly Member[] {
    return this.#state.gateways;
  }

  /** Undefined while there was no common applied mark to compare at. */
  digestMatch(id: NodeId): boolean | undefined {
    return this.#state.digests.matches(id);
  }

  /** Begins to lead. */
  start(now: Instant): LeaderEffects {
    this.#takeover.begin(now);
    return this.#out.take();
  }

  linkOpened(from: NodeId, now: Instant): LeaderEffects {
    // The news that the stream before is gone may come late, or never.
    this.#linkLost(from, now);
    const peer = this.#state.members.peer(from);
    peer.link = { state: "preparing" };
    if (this.#state.epochDurable) this.#state.prepare(peer);
    return this.#out.take();
  }

  linkClosed(from: NodeId, now: Instant): LeaderEffects {
    this.#linkLost(from, now);
    this.#state.report();
    this.#leading.reconsiderFloor();
    return this.#out.take();
  }

  #linkLost(from: NodeId, now: Instant): void {
    this.#state.members.peer(from).drop();
    this.#takeover.linkLost(from, now);
  }

  received(from: NodeId, message: FollowerMessage, now: Instant): LeaderEffects {
    const peer = this.#state.members.peer(from);
    this.#state.members.heard(peer, now);
    this.#dispatch(peer, message, now);
    this.#state.report();
    return this.#out.take();
  }

  /** An effect's flush is done. Flushes are reported in the order of their effects. */
  persisted(flush: LeaderFlush, now: Instant): LeaderEffects {
    if (!("epoch" in flush) || flush.epoch === this.epoch) this.#flushed(flush, now);
    return this.#out.take();
  }

  #flushed(flush: LeaderFlush, now: Instant): void {
    switch (flush.type) {
      case "hardState":
        return;
      case "floor":
        this.#leading.floorFlushed(flush.number);
        this.#leading.reconsiderFloor();
        return;
      case "cluster":
        this.#state.identity.confirmed();
        // All of them were heard just now, and this disk flushes: the next tick would be late.
        this.#leading.heartbeat(true);
        return;
      case "epoch":
        this.#takeover.epochFlushed(now);
        return;
      case "log":
        this.#takeover.logFlushed(flush.floor);
        this.#leading.considerCluster();
        return;
      case "entries":
        this.#state.writes.flushed(flush.through);
        return;
      case "records":
        this.#takeover.recordsFlushed(flush.page);
        return;
      case "installed":
        this.#takeover.storeInstalled(flush.end, now);
        return;
    }
  }

  /** All records of a copied store are flushed, and this is their digest. */
  sealed(store: SealedStore, now: Instant): LeaderEffects {
    this.#takeover.storeSealed(store, now);
    return this.#out.take();
  }

  /** The store shows everything up to here, flushed. */
  storeApplied(applied: Sequence, digest: Digest, history: History | undefined): LeaderEffects {
    this.#state.storeApplied({ applied, digest, history });
    for (const peer of this.#state.members.all) this.#state.compareDigest(peer);
    return this.#out.take();
  }

  /** Outcomes are in the order of the proposals; the accepted ones share one flush. */
  propose(
    proposals: readonly Proposal[],
    now: Instant,
  ): { outcomes: readonly ProposalOutcome[]; effects: LeaderEffects } {
    const { phase, epoch, members, writes, writeQuorum: usualQuorum } = this.#state;
    const { notReady } = this;
    if (phase.type !== "leading" || notReady !== undefined) {
      const refusal: Refusal = { reason: "recovering", detail: notReady ?? "" };
      const outcomes = proposals.map(() => ({ type: "refused", refusal }) as const);
      return { outcomes, effects: this.#out.take() };
    }
    const spread: FloorNote[] = [];
    const live = members.live.length;
    const turn = { now, epoch, live, usualQuorum, floor: phase.floor, spread };
    const outcomes = proposals.map((proposal) => writes.accept(proposal, turn));
    const slots = outcomes.flatMap((outcome) =>
      outcome.type === "accepted" ? [outcome.slot] : [],
    );
    const note = spread.at(-1);
    if (note !== undefined) this.#leading.spread(note);
    this.#leading.append(slots);
    return { outcomes, effects: this.#out.take() };
  }

  /** Sets the write quorum of all writes that do not choose their own, or chose one and are overdue. */
  setWriteQuorum(quorum: number, now: Instant): LeaderEffects {
    this.settings.setWriteQuorum(quorum, now);
    return this.#out.take();
  }

  /** Tells followers of the settings in force, in a heartbeat of its own. See `tick`. */
  tellSettings(now: Instant, isFlushing: boolean): LeaderEffects {
    this.#leading.heartbeat(isFlushing && !this.isAlone(now));
    return this.#out.take();
  }

  /** Lets time pass: silence, heartbeats, the floor. `isFlushing`: the storage here makes progress. */
  tick(now: Instant, isFlushing = true): LeaderEffects {
    const { members, limits, writeQuorum } = this.#state;
    members.tick(now);
    this.#takeover.tick(now);
    this.#leading.giveUpSnapshots(now);
    this.#state.report();
    this.#leading.reconsiderFloor();
    this.#leading.raiseFloor(now);
    this.#state.writes.scanOn();
    const isAble = isFlushing && !this.isAlone(now);
    this.#elect(now, isAble);
    const sinceMs = now - (this.#heartbeatAt ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= limits.heartbeatIntervalMs) {
      this.#heartbeatAt = now;
      if (this.ledger.hasOverdue({ quorum: writeQuorum }, now))
        this.settings.setWriteQuorum(writeQuorum, now);
      this.#leading.heartbeat(isAble);
    }
    return this.#out.take();
  }

  /** Asks followers for a confirming round: see Rounds. */
  askRound(now: Instant): LeaderEffects {
    this.#leading.askRound(now);
    return this.#out.take();
  }

  /** Asks a follower that holds everything to stand for leader at once; the others hear of it. */
  askToStand(to: NodeId): LeaderEffects {
    this.#leading.askToStand(to);
    return this.#out.take();
  }

  /** The one that was asked does not lead: this node goes on. */
  leadOn(): void {
    this.#leading.leases.resume();
  }

  /** What only elected leaders and candidates do as time passes. */
  #elect(now: Instant, isAble: boolean): void {
    const { election } = this.#state.start;
    if (election === undefined) return;
    this.#leading.leases.isAble = isAble;
    this.#leading.renewLease(now);
    if (this.#takeover.hasFailed(now)) this.#out.depose({ reason: "notElected" });
    this.#takeover.keepAlive();
    const { blank } = this.#leading;
    if (blank.isEmpty) return;
    this.#leading.askRound(now);
    const admit = blank.overdue(now, 2 * election.timeoutMs);
    if (admit !== undefined && this.#leading.couldBeElected())
      this.#out.depose({ reason: "blankFollowers", admit });
  }

  /** Whether a follower was not told how far the log is committed. */
  get isMarkUntold(): boolean {
    return this.#state.streams.isUntold(this.#state.members.all);
  }

  /** Tells the followers how far the log is committed, if no append has told them yet. */
  announce(): LeaderEffects {
    this.#state.streams.announce(this.#state.members.all);
    return this.#out.take();
  }

  /** Whether a step kept back entries for which a follower's window has room. */
  get hasMoreToSend(): boolean {
    return this.#state.streams.hasMore(this.#state.members.all);
  }

  /** Sends the next of them. */
  sendMore(): LeaderEffects {
    for (const peer of this.#state.members.all) this.#state.streams.pump(peer);
    return this.#out.take();
  }

  // --- messages --------------------------------------------------------------------------------

  #dispatch(peer: Peer, message: FollowerMessage, now: Instant): void {
    if (message.type === "refusal") {
      this.#refusals.received(peer, message);
      return;
    }
    if (message.type === "vote" || message.type === "wantMark" || message.epoch !== this.epoch)
      return;
    const fault = faultOf(peer, message, this.#leading.sent);
    if (fault !== undefined) {
      this.#out.close(peer.id, fault);
      return;
    }
    switch (message.type) {
      case "confirmed":
        this.#leading.confirmed(peer, message);
        this.#leading.leadReleased(now);
        return;
      case "promise":
        this.#promised(peer, message, now);
        return;
      case "acks":
        this.#leading.acks(peer, message, now);
        return;
      case "heartbeatReply":
        peer.storageFault = message.storageFault;
        peer.heartbeat = Math.max(peer.heartbeat, message.number);
        peer.showed(message);
        this.#state.compareDigest(peer);
        return;
      case "snapshotReceipt":
        this.#state.streams.receipt(peer, message);
        return;
      case "logPage":
      case "storePage":
        this.#takeover.page(peer.id, message, now);
        return;
      case "floorReceipt":
        this.#leading.floor?.received(peer.id, message.floor);
        this.#state.identity.received(peer.id, message.cluster);
        this.#leading.considerCluster();
        this.#leading.reconsiderFloor();
        return;
    }
  }

  #promised(peer: Peer, message: PromiseMessage, now: Instant): void {
    if (peer.link.state !== "preparing") return;
    const { phase, identity, start } = this.#state;
    const { cluster } = message;
    if (identity.clashes(cluster)) {
      this.#refusals.stranger(peer, cluster);
      return;
    }
    const restarted = peer.incarnation !== "" && peer.incarnation !== message.incarnation;
    peer.promised(message);
    if (message.blank) this.#leading.forgetDisk(peer);
    if (restarted) this.#state.report(peer);
    if (identity.promised(peer.id, cluster) && start.election === undefined) {
      // A stranger has promised before: everybody is asked again.
      this.#takeover.leap(this.epoch);
      return;
    }
    if (phase.type !== "leading") this.#takeover.promised(peer.id, message, now);
    else if (this.#takeover.wentBack(message))
      this.#refusals.stepDown({ ledEpoch: 0 }, { reason: "diskWentBack" });
    else if (phase.established) this.#leading.leadOrHold(peer, message, now);
  }
}
