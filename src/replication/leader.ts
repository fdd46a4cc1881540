import { invariant } from "./invariant.ts";
import type { LeaderEffect, LeaderFlush, LeaderStart } from "./leader-effects.ts";
import { LeaderState, type PromiseMessage } from "./leader-state.ts";
import { Leading } from "./leading.ts";
import type { Ledger, Slot } from "./ledger.ts";
import type { Overlay } from "./overlay.ts";
import type { Peer } from "./peer.ts";
import type { Proposal, ProposalOutcome, Refusal } from "./proposal.ts";
import { Takeover } from "./takeover.ts";
import type {
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
} from "./types.ts";

type RefusalMessage = Extract<FollowerMessage, { type: "refusal" }>;

/** The rules of leading: facts in, effects out. The node carries the effects out, in order. */
export class Leader {
  readonly #state: LeaderState;
  readonly #takeover: Takeover;
  readonly #leading: Leading;
  #heartbeatAt: Instant | undefined;

  constructor(start: LeaderStart) {
    this.#state = new LeaderState(start);
    this.#takeover = new Takeover(this.#state);
    this.#leading = new Leading(this.#state);
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
  /** Why it neither reads nor writes yet; undefined when it does. */
  get notReady(): string | undefined {
    return this.#takeover.describe();
  }
  /** Every member's gateway as far as it is known, this node's first. */
  get members(): readonly Member[] {
    return this.#state.gateways;
  }

  /** Undefined while there was no common applied mark to compare at. */
  digestMatch(id: NodeId): boolean | undefined {
    return this.#state.digests.matches(id);
  }

  // --- facts -----------------------------------------------------------------------------------

  /** Begins to lead. */
  start(now: Instant): readonly LeaderEffect[] {
    return this.#takeover.begin(now);
  }

  linkOpened(from: NodeId, now: Instant): readonly LeaderEffect[] {
    // The news that the stream before is gone may come late, or never.
    const lost = this.#linkLost(from, now);
    const peer = this.#peer(from);
    peer.link = { state: "preparing" };
    return this.#state.epochDurable ? [...lost, this.#state.prepare(peer)] : lost;
  }

  linkClosed(from: NodeId, now: Instant): readonly LeaderEffect[] {
    const lost = this.#linkLost(from, now);
    return [...lost, ...this.#state.members.report(), ...this.#leading.reconsiderFloor()];
  }

  #linkLost(from: NodeId, now: Instant): readonly LeaderEffect[] {
    this.#peer(from).drop();
    return this.#takeover.linkLost(from, now);
  }

  received(from: NodeId, message: FollowerMessage, now: Instant): readonly LeaderEffect[] {
    const peer = this.#peer(from);
    this.#state.members.heard(peer, now);
    const effects = this.#dispatch(peer, message, now);
    return [...effects, ...this.#state.members.report()];
  }

  /** An effect's flush is done. Flushes are reported in the order of their effects. */
  persisted(flush: LeaderFlush, now: Instant): readonly LeaderEffect[] {
    const isOfThisEpoch = !("epoch" in flush) || flush.epoch === this.epoch;
    if (!isOfThisEpoch) return [];
    switch (flush.type) {
      case "hardState":
        return [];
      case "floor":
        this.#leading.floor?.flushed(flush.number);
        return this.#leading.reconsiderFloor();
      case "epoch":
        return this.#takeover.epochFlushed(now);
      case "log":
        return this.#takeover.logFlushed(flush.floor);
      case "entries":
        return this.#state.writes.flushed(flush.through);
      case "records":
        return this.#takeover.recordsFlushed(flush.page, now);
      case "installed":
        return this.#takeover.storeInstalled(flush.end, now);
    }
  }

  /** The store shows everything up to here, flushed. */
  storeApplied(
    applied: Sequence,
    digest: Digest,
    history: History | undefined,
  ): readonly LeaderEffect[] {
    const state = this.#state;
    state.storeApplied(applied, digest, history);
    return state.members.all.flatMap((peer) => state.compareDigest(peer));
  }

  /** Outcomes are in the order of the proposals; the accepted ones share one flush. */
  propose(
    proposals: readonly Proposal[],
    now: Instant,
  ): { outcomes: readonly ProposalOutcome[]; effects: readonly LeaderEffect[] } {
    const { phase, epoch, members, writes, writeQuorum: usualQuorum } = this.#state;
    if (phase.type !== "leading" || !phase.established) {
      const refusal: Refusal = { reason: "recovering", detail: this.notReady ?? "" };
      return { outcomes: proposals.map(() => ({ type: "refused", refusal })), effects: [] };
    }
    const spread: FloorNote[] = [];
    const live = members.live.length;
    const turn = { now, epoch, live, usualQuorum, floor: phase.floor, spread };
    const answers = proposals.map((proposal) => writes.accept(proposal, turn));
    const slots = answers.filter((answer): answer is Slot => !("reason" in answer));
    const outcomes = answers.map(
      (answer): ProposalOutcome =>
        "reason" in answer
          ? { type: "refused", refusal: answer }
          : { type: "accepted", slot: answer },
    );
    const effects = spread.slice(-1).flatMap((note) => this.#leading.spread(note));
    return { outcomes, effects: [...effects, ...this.#leading.append(slots)] };
  }

  /** Sets the write quorum of all writes that do not choose their own, or chose one and are overdue. */
  setWriteQuorum(quorum: number, now: Instant): readonly LeaderEffect[] {
    const state = this.#state;
    state.writeQuorum = quorum;
    const { floor } = this.#leading;
    if (floor === undefined) return this.#takeover.confirm(now);
    const at = { quorum, sequence: this.last, now, usual: quorum };
    const { number: floorNumber, spread } = floor.propose(at);
    const effects = spread === undefined ? [] : this.#leading.spread(spread);
    const settled = state.writes.quorumLowered({ quorum, floorNumber }, now);
    return [...effects, ...settled, ...this.#leading.reconsiderFloor()];
  }

  /** Lets time pass: silence, heartbeats, the floor. */
  tick(now: Instant): readonly LeaderEffect[] {
    const { members, limits, writeQuorum } = this.#state;
    members.tick(now);
    const effects = [
      ...this.#takeover.tick(now),
      ...this.#leading.giveUpSnapshots(now),
      ...members.report(),
      ...this.#leading.reconsiderFloor(),
      ...this.#leading.raiseFloor(now),
    ];
    const sinceMs = now - (this.#heartbeatAt ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < limits.heartbeatIntervalMs) return effects;
    this.#heartbeatAt = now;
    const overdue = this.ledger.hasOverdue({ quorum: writeQuorum }, now);
    const relieved = overdue ? this.setWriteQuorum(writeQuorum, now) : [];
    return [...effects, ...relieved, ...this.#leading.heartbeat()];
  }

  /** Tells the followers how far the log is committed, if no append has told them yet. */
  announce(): readonly LeaderEffect[] {
    return this.#state.streams.announce(this.#state.members.all);
  }

  // --- messages --------------------------------------------------------------------------------

  #dispatch(peer: Peer, message: FollowerMessage, now: Instant): readonly LeaderEffect[] {
    if (message.type === "refusal") return this.#refused(peer, message);
    if (message.epoch !== this.epoch) return [];
    switch (message.type) {
      case "promise":
        return this.#promised(peer, message, now);
      case "acks":
        return this.#leading.acks(peer, message, now);
      case "heartbeatReply":
        peer.storageFault = message.storageFault;
        peer.showed(message);
        return this.#state.compareDigest(peer);
      case "snapshotReceipt":
        return this.#state.streams.receipt(peer, message);
      case "logPage":
      case "storePage":
        return this.#takeover.page(peer.id, message, now);
      case "floorReceipt":
        this.#leading.floor?.received(peer.id, message.floor);
        return this.#leading.reconsiderFloor();
    }
  }

  #promised(peer: Peer, message: PromiseMessage, now: Instant): readonly LeaderEffect[] {
    if (peer.link.state !== "preparing") return [];
    const { phase, members } = this.#state;
    const restarted = peer.incarnation !== "" && peer.incarnation !== message.incarnation;
    peer.promised(message);
    if (message.blank) this.#leading.forgetDisk(peer);
    const news = restarted ? members.report(peer) : [];
    if (phase.type !== "leading")
      return [...news, ...this.#takeover.promised(peer.id, message, now)];
    if (this.#takeover.wentBack(message)) return this.#stepDown({ ledEpoch: 0 });
    return [...(phase.established ? this.#leading.lead(peer, message, now) : []), ...news];
  }

  #refused(peer: Peer, message: RefusalMessage): readonly LeaderEffect[] {
    const { promisedEpoch, promisedLeader, reason } = message;
    const isForeign = promisedLeader !== this.#state.start.id;
    if (promisedEpoch < this.epoch) return noteRefusal(peer, reason);
    if (promisedEpoch === this.epoch && !isForeign)
      return [{ type: "close", to: peer.id, reason: `it refused: ${reason}` }];
    if (this.#leading.floor === undefined) return this.#takeover.leap(promisedEpoch);
    return this.#stepDown({ promisedEpoch, promisedLeader });
  }

  /** This process leads no more; the next one of this node must ask the followers first. */
  #stepDown(change: Partial<HardState>): readonly LeaderEffect[] {
    const persist = this.#state.persist(change, { type: "hardState" });
    const { promisedLeader: by, promisedEpoch: epoch } = this.#state.hardState;
    return [persist, { type: "deposed", by, epoch }];
  }

  #peer(id: NodeId): Peer {
    const peer = this.#state.members.get(id);
    invariant(peer !== undefined, `only followers take part; ${id} is none`);
    return peer;
  }
}

/** It takes no part and deposes nobody: its settings name another leader, for example. */
function noteRefusal(peer: Peer, reason: string): readonly LeaderEffect[] {
  if (peer.refusal === reason) return [];
  peer.refusal = reason;
  return [{ type: "refused", by: peer.id, reason }];
}
