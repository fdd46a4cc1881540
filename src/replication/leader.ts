import { Backlog } from "./backlog.ts";
import { DigestWatch } from "./digest-watch.ts";
import { Floor, floorOf, newerNote } from "./floor.ts";
import { invariant } from "./invariant.ts";
import type { LeaderEffect, LeaderFlush, LeaderStart } from "./leader-effects.ts";
import type { Ledger, Slot } from "./ledger.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { Membership } from "./membership.ts";
import type { Overlay } from "./overlay.ts";
import type { Peer } from "./peer.ts";
import { isPrefix } from "./prefix.ts";
import type { Proposal, ProposalOutcome, Refusal } from "./proposal.ts";
import { Recovery, type RecoveryEffect, recoveryNeeds } from "./recovery.ts";
import { Streams } from "./streams.ts";
import type {
  Digest,
  Entry,
  Epoch,
  FloorNote,
  FollowerMessage,
  HardState,
  History,
  Instant,
  LeaderMessage,
  Member,
  NodeId,
  Sequence,
  SequenceRange,
  SnapshotEnd,
} from "./types.ts";
import { Writes } from "./writes.ts";

type Phase =
  /** The epoch of the new reign is being flushed. */
  | { readonly type: "starting" }
  /** The log here is intact as far as it knows: enough followers must confirm that nobody else led since. */
  | {
      readonly type: "confirming";
      readonly answers: Map<NodeId, Promised>;
      readonly since: Instant;
    }
  | { readonly type: "recovering"; readonly recovery: Recovery }
  | {
      readonly type: "leading";
      readonly floor: Floor;
      /** The reign's log is flushed: followers may be led, writes accepted. */
      established: boolean;
    };

type Promised = Extract<FollowerMessage, { type: "promise" }>;
type Acks = Extract<FollowerMessage, { type: "acks" }>;

/** As far as this disk knows, nobody else has led since this node last did. */
const isIntact = ({ ledEpoch, promisedEpoch }: HardState): boolean =>
  ledEpoch > 0 && ledEpoch === promisedEpoch;

/** The rules of leading: facts in, effects out. The node carries the effects out, in order. */
export class Leader {
  readonly #start: LeaderStart;
  readonly #limits: Limits;
  readonly #members: Membership;
  readonly #writes: Writes;
  readonly #streams: Streams;
  readonly #digests: DigestWatch;
  /** Of what is applied; undefined: not known. */
  #history: History | undefined;
  #phase: Phase = { type: "starting" };
  /** As last handed to storage. Its promisedEpoch is this reign's. */
  #hardState: HardState;
  /** Nothing of an epoch is sent before the epoch is flushed. */
  #epochDurable = false;
  /** This epoch is above every one that this node ever used, on this disk or one before. */
  #leapt = false;
  #writeQuorum: number;
  #heartbeats = 0;
  #heartbeatAt: Instant | undefined;

  constructor(start: LeaderStart) {
    const { applied, store } = start;
    const limits = start.limits ?? DEFAULT_LIMITS;
    const backlog = new Backlog(start.log);
    this.#start = start;
    this.#limits = limits;
    this.#hardState = start.hardState;
    this.#writeQuorum = start.writeQuorum;
    this.#members = new Membership(start.followers, limits);
    this.#writes = new Writes({ applied, limits, store, backlog });
    this.#streams = new Streams({ limits, backlog, store, position: () => this });
    this.#digests = new DigestWatch(applied, start.digest);
    this.#history = start.history;
  }

  get epoch(): Epoch {
    return this.#hardState.promisedEpoch;
  }
  get last(): Sequence {
    return this.ledger.last;
  }
  get committed(): Sequence {
    return this.ledger.committed;
  }
  get applied(): Sequence {
    return this.#writes.applied;
  }
  /** The sum over everything applied; undefined: not known. */
  get history(): History | undefined {
    return this.#history;
  }
  get writeQuorum(): number {
    return this.#writeQuorum;
  }
  get overlay(): Overlay {
    return this.#writes.overlay;
  }
  get ledger(): Ledger {
    return this.#writes.ledger;
  }
  get peers(): readonly Peer[] {
    return this.#members.all;
  }
  get liveFollowers(): readonly NodeId[] {
    return this.#members.live;
  }
  /** See Floor.degraded. */
  get floorDegraded(): boolean {
    return this.#phase.type === "leading" && this.#phase.floor.degraded;
  }
  /** See Membership.neededFrom. */
  get neededFrom(): Sequence {
    return this.#members.neededFrom;
  }
  /** Entries that are not applied yet. */
  get waiting(): { entries: number; bytes: number } {
    return this.#writes.waiting;
  }

  /** Why it neither reads nor writes yet; undefined when it does. */
  get notReady(): string | undefined {
    switch (this.#phase.type) {
      case "starting":
        return "starting: the new epoch is being flushed";
      case "confirming":
        return (
          `starting: ${this.#phase.answers.size} of ${this.#members.size} followers answered; ` +
          `${this.#confirmationsNeeded} with data, or all, must confirm that no other node has led since`
        );
      case "recovering":
        return this.#phase.recovery.describe();
      case "leading":
        return this.#phase.established ? undefined : "starting: the new reign is being flushed";
    }
  }

  /** Every member's gateway as far as it is known, this node's first. */
  get members(): readonly Member[] {
    return [this.#start.member, ...this.#members.gateways(this.#hardState.members)];
  }

  /** The last sequence of this history, before and after it is taken over. */
  get #logged(): Sequence {
    return Math.max(this.last, this.#start.tail.at(-1)?.sequence ?? 0);
  }

  /** Undefined while there was no common applied mark to compare at. */
  digestMatch(id: NodeId): boolean | undefined {
    return this.#digests.matches(id);
  }

  // --- facts -----------------------------------------------------------------------------------

  /** Begins to lead. An intact log is confirmed by the followers; any other asks them for what they hold. */
  start(now: Instant): readonly LeaderEffect[] {
    const { hardState, id } = this.#start;
    const epoch = hardState.promisedEpoch + 1;
    if (!isIntact(hardState)) return this.#promiseOneself(epoch);
    const { intactSince = hardState.ledEpoch } = hardState;
    const led = { promisedEpoch: epoch, promisedLeader: id, ledEpoch: epoch, intactSince };
    this.#hardState = { ...hardState, ...led };
    return this.#confirmationsNeeded === 0
      ? this.#takeOverIntact(now)
      : this.#promiseOneself(epoch);
  }

  linkOpened(from: NodeId, now: Instant): readonly LeaderEffect[] {
    // The news that the stream before is gone may come late, or never.
    const lost = this.#linkLost(from, now);
    const peer = this.#peer(from);
    peer.link = { state: "preparing" };
    return this.#epochDurable ? [...lost, this.#prepare(peer)] : lost;
  }

  linkClosed(from: NodeId, now: Instant): readonly LeaderEffect[] {
    const lost = this.#linkLost(from, now);
    return [...lost, ...this.#members.report(), ...this.#reconsiderFloor()];
  }

  #linkLost(from: NodeId, now: Instant): readonly LeaderEffect[] {
    this.#peer(from).drop();
    if (this.#phase.type !== "recovering") return [];
    return this.#recover(this.#phase.recovery.lost(from), now);
  }

  received(from: NodeId, message: FollowerMessage, now: Instant): readonly LeaderEffect[] {
    const peer = this.#peer(from);
    this.#members.heard(peer, now);
    const effects = this.#dispatch(peer, message, now);
    return [...effects, ...this.#members.report()];
  }

  /** An effect's flush is done. Flushes are reported in the order of their effects. */
  persisted(flush: LeaderFlush, now: Instant): readonly LeaderEffect[] {
    switch (flush.type) {
      case "hardState":
        return [];
      case "floor":
        if (this.#phase.type !== "leading" || flush.epoch !== this.epoch) return [];
        this.#phase.floor.flushed(flush.number);
        return this.#reconsiderFloor();
      case "epoch":
        return flush.epoch === this.epoch ? this.#epochFlushed(now) : [];
      case "reign":
        return flush.epoch === this.epoch ? this.#leadershipFlushed(flush.floor) : [];
      case "entries":
        return this.#writes.flushed(flush.through);
      case "records":
        if (this.#phase.type !== "recovering" || flush.epoch !== this.epoch) return [];
        return this.#recover(this.#phase.recovery.recordsAdded(flush.page), now);
      case "installed":
        return this.#storeInstalled(flush.end, now);
    }
  }

  /** The store shows everything up to here, flushed. */
  storeApplied(
    applied: Sequence,
    digest: Digest,
    history: History | undefined,
  ): readonly LeaderEffect[] {
    this.#writes.storeApplied(applied);
    this.#history = history;
    this.#digests.note(applied, digest);
    return this.#members.all.flatMap((peer) => this.#compareDigest(peer));
  }

  propose(
    proposals: readonly Proposal[],
    now: Instant,
  ): { outcomes: readonly ProposalOutcome[]; effects: readonly LeaderEffect[] } {
    const phase = this.#phase;
    if (phase.type !== "leading" || !phase.established) {
      const refusal: Refusal = { reason: "recovering", detail: this.notReady ?? "" };
      return { outcomes: proposals.map(() => ({ type: "refused", refusal })), effects: [] };
    }
    const { epoch, writeQuorum: usualQuorum } = this;
    const live = this.#members.live.length;
    const spread: FloorNote[] = [];
    const turn = { now, epoch, live, usualQuorum, floor: phase.floor, spread };
    const answers = proposals.map((proposal) => this.#writes.accept(proposal, turn));
    const slots = answers.filter((answer): answer is Slot => !("reason" in answer));
    const outcomes = answers.map(
      (answer): ProposalOutcome =>
        "reason" in answer
          ? { type: "refused", refusal: answer }
          : { type: "accepted", sequence: answer.entry.sequence, quorum: answer.quorum },
    );
    const effects = spread.slice(-1).flatMap((note) => this.#spread(note));
    return { outcomes, effects: [...effects, ...this.#append(slots)] };
  }

  /** Sets the write quorum of all writes that do not choose their own, or chose one and are overdue. */
  setWriteQuorum(quorum: number, now: Instant): readonly LeaderEffect[] {
    this.#writeQuorum = quorum;
    if (this.#phase.type !== "leading") return this.#confirmed(now);
    const at = { quorum, sequence: this.last, now, usual: quorum };
    const { number: floorNumber, spread } = this.#phase.floor.propose(at);
    const effects = spread === undefined ? [] : [...this.#spread(spread)];
    const settled = this.#writes.quorumLowered({ quorum, floorNumber }, now);
    return [...effects, ...settled, ...this.#reconsiderFloor()];
  }

  /** Lets time pass: silence, heartbeats, the floor. */
  tick(now: Instant): readonly LeaderEffect[] {
    this.#members.tick(now);
    const effects = [
      ...this.#recoverUnconfirmed(now),
      ...this.#giveUpSnapshots(now),
      ...this.#members.report(),
      ...this.#reconsiderFloor(),
      ...this.#raiseFloor(now),
    ];
    const sinceMs = now - (this.#heartbeatAt ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < this.#limits.heartbeatIntervalMs) return effects;
    this.#heartbeatAt = now;
    const overdue = this.ledger.hasOverdue({ quorum: this.#writeQuorum }, now);
    const relieved = overdue ? this.setWriteQuorum(this.#writeQuorum, now) : [];
    return [...effects, ...relieved, ...this.#heartbeat()];
  }

  /** Tells the followers how far the log is committed, if no append has told them yet. */
  announce(): readonly LeaderEffect[] {
    return this.#streams.announce(this.#members.all);
  }

  // --- beginning a reign -----------------------------------------------------------------------

  #promiseOneself(epoch: Epoch): readonly LeaderEffect[] {
    const { id } = this.#start;
    this.#epochDurable = false;
    this.#phase = { type: "starting" };
    this.#hardState = { ...this.#hardState, promisedEpoch: epoch, promisedLeader: id };
    return [
      { type: "persist", entries: [], hardState: this.#hardState, flush: { type: "epoch", epoch } },
    ];
  }

  /**
   * So many followers meet every set that another leader can have asked meanwhile: that one needed
   * F - floor + 1 of its followers, and this node was none of them, or it would not be intact.
   */
  get #confirmationsNeeded(): number {
    const { quorum, over } = this.#hardState.floor ?? this.#usualFloor;
    return Math.max(quorum, over, floorOf(this.#writeQuorum)) - 1;
  }

  #confirmed(now: Instant): readonly LeaderEffect[] {
    if (this.#phase.type !== "confirming") return [];
    const answers = [...this.#phase.answers.values()];
    const proving = answers.filter(({ blank }) => !blank).length;
    const enough = proving >= this.#confirmationsNeeded || answers.length === this.#members.size;
    return enough ? this.#takeOverIntact(now) : [];
  }

  /**
   * A high floor asks few followers of a recovery, but many to confirm an intact log. Where those do not come,
   * the node does like one whose log proves nothing: that is always safe.
   */
  #recoverUnconfirmed(now: Instant): readonly LeaderEffect[] {
    if (this.#phase.type !== "confirming") return [];
    if (now - this.#phase.since < this.#limits.silenceMsMax) return [];
    const answers = [...this.#phase.answers.values()];
    const note = answers.reduce(
      (newest, { floor }) => newerNote(newest, floor),
      this.#hardState.floor,
    );
    const needed = recoveryNeeds(this.#members.size, note?.quorum ?? this.#writeQuorum);
    const proving = answers.filter(({ blank }) => !blank).length;
    return proving >= needed ? this.#leap(this.epoch) : [];
  }

  #takeOverIntact(now: Instant): readonly LeaderEffect[] {
    const { committed, floor } = this.#start.hardState;
    const { epoch } = this;
    const entries = this.#start.tail.map((entry) =>
      entry.sequence > committed ? { ...entry, epoch } : entry,
    );
    return this.#takeOver({ entries, committed, heard: floor ?? this.#usualFloor, now });
  }

  #leap(above: Epoch): readonly LeaderEffect[] {
    this.#leapt = true;
    return this.#promiseOneself(above + (this.#start.leap ?? 1));
  }

  #epochFlushed(now: Instant): readonly LeaderEffect[] {
    this.#epochDurable = true;
    if (isIntact(this.#hardState)) {
      this.#phase = { type: "confirming", answers: new Map(), since: now };
      return [...this.#prepareAll(), ...this.#confirmed(now)];
    }
    const { ledEpoch, followedEpoch = 0 } = this.#hardState;
    const recovery = new Recovery({
      epoch: this.epoch,
      followers: this.#members.size,
      writeQuorum: this.#writeQuorum,
      ownFloor: this.#hardState.floor,
      own: {
        applied: this.applied,
        history: this.#history,
        followedEpoch: Math.max(ledEpoch, followedEpoch),
      },
      store: this.#start.store,
      log: this.#start.log,
    });
    this.#phase = { type: "recovering", recovery };
    return [...this.#prepareAll(), ...this.#recover(recovery.begin(), now)];
  }

  #prepareAll(): readonly LeaderEffect[] {
    const open = this.#members.all.filter(({ link }) => link.state !== "down");
    return open.map((peer) => {
      peer.drop();
      peer.link = { state: "preparing" };
      return this.#prepare(peer);
    });
  }

  #prepare(peer: Peer): LeaderEffect {
    const { members, epoch } = this;
    const message = {
      type: "prepare",
      epoch,
      leader: this.#start.id,
      to: peer.id,
      members,
    } as const;
    return { type: "send", to: peer.id, message };
  }

  #recover(effects: readonly RecoveryEffect[], now: Instant): readonly LeaderEffect[] {
    return effects.flatMap((effect): readonly LeaderEffect[] => {
      switch (effect.type) {
        case "send":
        case "beginStore":
          return [effect];
        case "addRecords": {
          const { records, page } = effect;
          const flush = { type: "records", epoch: this.epoch, page } as const;
          return [{ type: "addRecords", records, flush }];
        }
        case "installStore": {
          const { end, followedEpoch } = effect;
          this.#hardState = { ...this.#hardState, followedEpoch };
          const flush = { type: "installed", end } as const;
          return [{ type: "installStore", end, hardState: this.#hardState, flush }];
        }
        case "recovered": {
          this.#hardState = { ...this.#hardState, ledEpoch: this.epoch, intactSince: this.epoch };
          const committed = this.applied;
          const { entries, floor = this.#usualFloor } = effect;
          return this.#takeOver({ entries, committed, heard: floor, now });
        }
      }
    });
  }

  #storeInstalled(end: SnapshotEnd, now: Instant): readonly LeaderEffect[] {
    invariant(this.#phase.type !== "leading", "a store is copied before a reign, not in it");
    this.#writes.startFrom(end.applied);
    this.#history = end.history;
    this.#digests.note(end.applied, end.digest);
    if (this.#phase.type !== "recovering") return [];
    return this.#recover(this.#phase.recovery.installed(end), now);
  }

  /** The floor of a cluster that never had one. */
  get #usualFloor(): { quorum: number; over: number } {
    const quorum = floorOf(this.#writeQuorum);
    return { quorum, over: quorum };
  }

  /** Makes the log of a new reign durable. It is without a hole from applied+1 on. */
  #takeOver(log: {
    entries: readonly Entry[];
    committed: Sequence;
    heard: { quorum: number; over: number };
    now: Instant;
  }): readonly LeaderEffect[] {
    const { epoch } = this;
    const quorum = this.#writeQuorum;
    const last = this.applied + log.entries.length;
    const committed = Math.max(this.applied, log.committed);
    invariant(committed <= last, "whatever is committed is in an intact log");
    const { heard, now } = log;
    const floor = new Floor({ epoch, heard, usual: quorum, last, now });
    const gate = floor.propose({ quorum, sequence: last, now, usual: quorum });
    this.#writes.inherit(log.entries, { committed, quorum, floorNumber: gate.number, now });
    this.#hardState = {
      ...this.#hardState,
      blank: false,
      foreign: false,
      floor: floor.note,
      committed,
    };
    this.#phase = { type: "leading", floor, established: false };
    this.#epochDurable = false;
    const entries = log.entries.filter(({ sequence }) => sequence > committed);
    const flush = { type: "reign", epoch, floor: floor.note.number } as const;
    return [{ type: "persist", entries, hardState: this.#hardState, flush }];
  }

  #leadershipFlushed(floorNumber: number): readonly LeaderEffect[] {
    this.#epochDurable = true;
    if (this.#phase.type === "leading") {
      this.#phase.established = true;
      // A newer note may have been made since: it is not durable yet.
      this.#phase.floor.flushed(floorNumber);
    }
    // A promise given to the recovery may be old news: what was applied since is asked anew.
    return [...this.#writes.flushed(this.last), ...this.#prepareAll()];
  }

  // --- messages --------------------------------------------------------------------------------

  #dispatch(peer: Peer, message: FollowerMessage, now: Instant): readonly LeaderEffect[] {
    if (message.type === "refusal") return this.#refused(peer, message);
    if (message.epoch !== this.epoch) return [];
    switch (message.type) {
      case "promise":
        return this.#promised(peer, message, now);
      case "acks":
        return this.#acks(peer, message, now);
      case "heartbeatReply":
        peer.storageFault = message.storageFault;
        peer.showed(message);
        return this.#compareDigest(peer);
      case "snapshotReceipt":
        return this.#streams.receipt(peer, message);
      case "logPage":
      case "storePage":
        return this.#recoveryPage(peer.id, message, now);
      case "floorReceipt":
        if (this.#phase.type === "leading") this.#phase.floor.received(peer.id, message.floor);
        return this.#reconsiderFloor();
    }
  }

  #recoveryPage(
    from: NodeId,
    page: Extract<FollowerMessage, { type: "logPage" | "storePage" }>,
    now: Instant,
  ): readonly LeaderEffect[] {
    if (this.#phase.type !== "recovering") return [];
    const { recovery } = this.#phase;
    const effects =
      page.type === "logPage" ? recovery.logPage(from, page) : recovery.storePage(from, page);
    return this.#recover(effects, now);
  }

  #refused(
    peer: Peer,
    message: Extract<FollowerMessage, { type: "refusal" }>,
  ): readonly LeaderEffect[] {
    const { promisedEpoch, promisedLeader, reason } = message;
    const foreign = promisedLeader !== this.#start.id;
    if (promisedEpoch < this.epoch) return this.#noteRefusal(peer, reason);
    if (promisedEpoch === this.epoch && !foreign)
      return [{ type: "close", to: peer.id, reason: `it refused: ${reason}` }];
    // Before a reign nothing was settled in this epoch: a higher one costs nothing.
    if (this.#phase.type !== "leading") return this.#leap(promisedEpoch);
    return this.#endLeadership({ promisedEpoch, promisedLeader });
  }

  /** It takes no part and deposes nobody: its settings name another leader, for example. */
  #noteRefusal(peer: Peer, reason: string): readonly LeaderEffect[] {
    if (peer.refusal === reason) return [];
    peer.refusal = reason;
    return [{ type: "refused", by: peer.id, reason }];
  }

  /** This process's reign is over; the next one of this node must ask the followers first. */
  #endLeadership(change: Partial<HardState>): readonly LeaderEffect[] {
    this.#hardState = { ...this.#hardState, ...change };
    const { promisedLeader: by, promisedEpoch: epoch } = this.#hardState;
    const flush = { type: "hardState" } as const;
    return [
      { type: "persist", entries: [], hardState: this.#hardState, flush },
      { type: "deposed", by, epoch },
    ];
  }

  #promised(peer: Peer, message: Promised, now: Instant): readonly LeaderEffect[] {
    if (peer.link.state !== "preparing") return [];
    const restarted = peer.incarnation !== "" && peer.incarnation !== message.incarnation;
    peer.promised(message);
    if (message.blank) this.#forgetDisk(peer);
    const news = restarted ? this.#members.report(peer) : [];
    switch (this.#phase.type) {
      case "starting":
        return news;
      case "confirming":
        if (this.#wentBack(message)) return [...news, ...this.#leap(this.epoch)];
        this.#phase.answers.set(peer.id, message);
        return [...news, ...this.#confirmed(now)];
      case "recovering":
        // There were reigns before, whose epochs a log that is not intact cannot know.
        if (!message.blank && !this.#leapt) return [...news, ...this.#leap(this.epoch)];
        return [...news, ...this.#recover(this.#phase.recovery.answered(peer.id, message), now)];
      case "leading":
        if (this.#wentBack(message)) return this.#endLeadership({ ledEpoch: 0 });
        return [...(this.#phase.established ? this.#lead(peer, message, now) : []), ...news];
    }
  }

  /**
   * A follower that followed this leader since its last recovery applied what the log here lacks, although that
   * log was taken to be intact: the disk here went back in time, and proves nothing. Its last epoch alone would
   * not do: that may be one of a start that heard of no follower.
   */
  #wentBack({ applied, followedEpoch }: Promised): boolean {
    const startedIntact = isIntact(this.#start.hardState) && !this.#leapt;
    const { ledEpoch, intactSince = ledEpoch } = this.#start.hardState;
    const followed = followedEpoch >= intactSince;
    return startedIntact && followed && applied > this.#logged;
  }

  /** Its disk was replaced: what it once acked or knew is worth nothing. */
  #forgetDisk(peer: Peer): void {
    peer.acked = 0;
    this.#writes.diskLost(peer.id);
    if (this.#phase.type === "leading") this.#phase.floor.forget(peer.id);
  }

  #lead(peer: Peer, promise: Promised, now: Instant): readonly LeaderEffect[] {
    invariant(this.#phase.type === "leading", "only a reign sends entries");
    const { epoch, last: completeAt, applied, last } = this;
    const { note: floor } = this.#phase.floor;
    const entryAt = (sequence: Sequence) => this.#writes.entryAt(sequence);
    const { log } = this.#start;
    const own = { applied, last, history: this.#history, log, entryAt };
    const replace = !isPrefix(promise, own);
    const message = { type: "lead", epoch, completeAt, floor, replace } as const;
    if (replace)
      return [
        { type: "storeReplaced", id: peer.id, applied: promise.applied },
        { type: "send", to: peer.id, message },
        ...this.#streams.replaceStore(peer),
      ];
    // What it has applied it will not be sent again, so its promise is the ack.
    const settled = this.#writes.acknowledged(
      { node: peer.id, at: now },
      this.#open({ from: 1, to: peer.applied }),
    );
    return [{ type: "send", to: peer.id, message }, ...settled, ...this.#streams.begin(peer)];
  }

  #acks(peer: Peer, message: Acks, now: Instant): readonly LeaderEffect[] {
    if (peer.link.state !== "streaming") return [];
    // A range is a peer's word: only what was ever proposed counts.
    const ranges = message.ranges
      .map(({ from, to }) => ({ from: Math.max(1, from), to: Math.min(to, this.last) }))
      .filter(({ from, to }) => from <= to);
    peer.showed(message);
    for (const { from, to } of ranges) peer.delivered(from, to);
    const sequences = ranges.flatMap((range) => this.#open(range));
    return [
      { type: "acked", from: peer.id, ranges },
      ...this.#writes.acknowledged({ node: peer.id, at: now }, sequences),
      ...this.#compareDigest(peer),
      ...this.#streams.pump(peer),
    ];
  }

  /** The entries of a range that are not committed yet. A range is a peer's word: it is bounded. */
  #open(range: SequenceRange): readonly Sequence[] {
    const sequences: Sequence[] = [];
    const high = Math.min(range.to, this.last);
    for (let at = Math.max(range.from, this.committed + 1); at <= high; at += 1) sequences.push(at);
    return sequences;
  }

  // --- entries ---

  /** The leader's own flush and the followers' streams begin in the same turn. */
  #append(slots: readonly Slot[]): readonly LeaderEffect[] {
    if (slots.length === 0) return [];
    const entries = slots.map(({ entry }) => entry);
    const flush = { type: "entries", through: this.last } as const;
    const persist = { type: "persist", entries, hardState: undefined, flush } as const;
    return [persist, ...this.#members.streaming.flatMap((peer) => this.#streams.pump(peer))];
  }

  // --- heartbeats and the floor ---

  #heartbeat(): readonly LeaderEffect[] {
    this.#heartbeats += 1;
    const open = this.#members.led;
    if (open.length === 0 || this.#phase.type !== "leading") return [];
    const message: LeaderMessage = {
      type: "heartbeat",
      epoch: this.epoch,
      committed: this.committed,
      last: this.last,
      number: this.#heartbeats,
      members: this.members,
      applied: this.applied,
      digest: this.#digests.latest,
      writeQuorum: this.#writeQuorum,
    };
    return open.map((peer) => ({ type: "send", to: peer.id, message }));
  }

  #spread(note: FloorNote): readonly LeaderEffect[] {
    this.#hardState = { ...this.#hardState, floor: note, committed: this.committed };
    const persist = {
      type: "persist",
      entries: [],
      hardState: this.#hardState,
      flush: { type: "floor", epoch: this.epoch, number: note.number },
    } as const;
    const message = { type: "floor", epoch: this.epoch, floor: note } as const;
    const sends = this.#members.led.map(({ id }) => ({ type: "send", to: id, message }) as const);
    return [persist, ...sends];
  }

  /** A copy of the store keeps the disk from using its pages again: nobody may hold it for long. */
  #giveUpSnapshots(now: Instant): readonly LeaderEffect[] {
    const { snapshotSilenceMsMax, snapshotStallMsMax } = this.#limits;
    const stuck = this.#members.all.filter((peer) => {
      const stallMs = peer.snapshotStallMs(now);
      const silenceMs = now - (peer.lastHeardAt ?? now);
      const isSilent = peer.link.state === "snapshot" && silenceMs > snapshotSilenceMsMax;
      return isSilent || stallMs > snapshotStallMsMax;
    });
    const reason = "it does not take the snapshot it is sent";
    return stuck.map(({ id }) => ({ type: "close", to: id, reason }));
  }

  #reconsiderFloor(): readonly LeaderEffect[] {
    if (this.#phase.type !== "leading") return [];
    const { floor } = this.#phase;
    const before = floor.degraded;
    const news = floor.settle(this.#members.live);
    const { degraded, note } = floor;
    const effects: LeaderEffect[] =
      degraded === before ? [] : [{ type: "floor", quorum: note.quorum, degraded }];
    return news ? [...effects, ...this.#writes.floorInForce(floor.numberInForce)] : effects;
  }

  #raiseFloor(now: Instant): readonly LeaderEffect[] {
    if (this.#phase.type !== "leading") return [];
    const { contiguous } = this.#members;
    const { floorCalmMs: calmMs } = this.#limits;
    const note = this.#phase.floor.raise({ usual: this.#writeQuorum, now, calmMs, contiguous });
    return note === undefined ? [] : this.#spread(note);
  }

  #compareDigest(peer: Peer): readonly LeaderEffect[] {
    const { id, applied } = peer;
    return this.#digests.compare(id, peer) ? [{ type: "digestMismatch", id, applied }] : [];
  }

  #peer(id: NodeId): Peer {
    const peer = this.#members.get(id);
    invariant(peer !== undefined, `only followers take part; ${id} is none`);
    return peer;
  }
}
