import { Floor, floorOf } from "./floor.ts";
import { invariant } from "./invariant.ts";
import { Ledger, type Slot } from "./ledger.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { Overlay } from "./overlay.ts";
import { Peer } from "./peer.ts";
import { evaluate, type Proposal, type ProposalOutcome, type Refusal } from "./proposal.ts";
import { Recovery, type RecoveryEffect } from "./recovery.ts";
import type {
  Digest,
  Entry,
  Epoch,
  FloorNote,
  FollowerMessage,
  Instant,
  LeaderMessage,
  Marks,
  Member,
  NodeId,
  Sequence,
  SequenceRange,
  SnapshotEnd,
  StoreRecord,
} from "./types.ts";
import { entryBytes, type LogView, type StoreView } from "./views.ts";

/** What the node reports back once an effect's flush is done. */
export type LeaderFlush =
  | { readonly is: "epoch"; readonly epoch: Epoch }
  | { readonly is: "reign"; readonly epoch: Epoch }
  | { readonly is: "entries"; readonly through: Sequence }
  | { readonly is: "installed"; readonly end: SnapshotEnd }
  | { readonly is: "marks" };

export type LeaderEffect =
  | { readonly type: "send"; readonly to: NodeId; readonly message: LeaderMessage }
  | {
      readonly type: "persist";
      readonly entries: readonly Entry[];
      readonly marks: Marks | undefined;
      readonly flush: LeaderFlush;
    }
  | { readonly type: "beginStore" }
  | { readonly type: "addRecords"; readonly records: readonly StoreRecord[] }
  | {
      readonly type: "installStore";
      readonly end: SnapshotEnd;
      readonly marks: Marks;
      readonly flush: LeaderFlush;
    }
  /** The overlay shows these entries now, and their writers may be answered. */
  | { readonly type: "settled"; readonly slots: readonly Slot[] }
  /** These entries may go into the store, in this order. */
  | { readonly type: "apply"; readonly entries: readonly Entry[] }
  | { readonly type: "acked"; readonly from: NodeId; readonly ranges: readonly SequenceRange[] }
  | {
      readonly type: "member";
      readonly id: NodeId;
      readonly state: "live" | "syncing" | "unreachable";
      readonly restarted: boolean;
    }
  | { readonly type: "digestMismatch"; readonly id: NodeId; readonly applied: Sequence }
  /** Somebody else leads with a higher epoch: this process must end its reign at once. */
  | { readonly type: "deposed"; readonly by: NodeId; readonly epoch: Epoch };

type Phase =
  | { readonly phase: "starting" }
  | { readonly phase: "recovering"; readonly recovery: Recovery }
  | { readonly phase: "leading"; readonly floor: Floor };

export interface LeaderStart {
  readonly id: NodeId;
  readonly followers: readonly NodeId[];
  readonly writeQuorum: number;
  readonly marks: Marks;
  readonly applied: Sequence;
  readonly digest: Digest;
  /** Log entries above the applied mark. */
  readonly tail: readonly Entry[];
  readonly member: Member;
  readonly log: LogView;
  readonly store: StoreView;
  readonly limits?: Limits;
}

/** The rules of leading: facts in, effects out. The node carries the effects out, in order. */
export class Leader {
  readonly #start: LeaderStart;
  readonly #limits: Limits;
  readonly #peers: ReadonlyMap<NodeId, Peer>;
  /** Entries above the applied mark, the source of appends and of applying. No hole. */
  readonly #unapplied = new Map<Sequence, Entry>();
  #unappliedBytes = 0;
  #overlay = new Overlay();
  #ledger: Ledger;
  #phase: Phase = { phase: "starting" };
  #marks: Marks;
  #epochDurable = false;
  #writeQuorum: number;
  /** Handed out for applying. Invariant: applied <= applying <= committed. */
  #applying: Sequence;
  #applied: Sequence;
  #digest: Digest;
  #heartbeats = 0;
  #heartbeatAt: Instant | undefined;
  #tickedAt: Instant | undefined;
  #snapshots = 0;
  /** The leader's digest at recent applied marks, to hold the followers' against. */
  readonly #digests = new Map<Sequence, Digest>();

  constructor(start: LeaderStart) {
    this.#start = start;
    this.#limits = start.limits ?? DEFAULT_LIMITS;
    this.#peers = new Map(start.followers.map((id) => [id, new Peer(id)]));
    this.#marks = start.marks;
    this.#writeQuorum = start.writeQuorum;
    this.#applied = start.applied;
    this.#applying = start.applied;
    this.#digest = start.digest;
    this.#digests.set(start.applied, start.digest);
    this.#ledger = new Ledger(start.applied);
  }

  get epoch(): Epoch {
    return this.#marks.promisedEpoch;
  }
  get last(): Sequence {
    return this.#ledger.last;
  }
  get committed(): Sequence {
    return this.#ledger.committed;
  }
  get flushed(): Sequence {
    return this.#ledger.flushed;
  }
  get applied(): Sequence {
    return this.#applied;
  }
  get writeQuorum(): number {
    return this.#writeQuorum;
  }
  get overlay(): Overlay {
    return this.#overlay;
  }
  get ledger(): Ledger {
    return this.#ledger;
  }
  get peers(): ReadonlyMap<NodeId, Peer> {
    return this.#peers;
  }
  get backlog(): { entries: number; bytes: number } {
    return { entries: this.#ledger.last - this.#applied, bytes: this.#unappliedBytes };
  }
  get leading(): boolean {
    return this.#phase.phase === "leading";
  }

  /** Why it does not accept writes yet; undefined when it does. */
  get notReady(): string | undefined {
    switch (this.#phase.phase) {
      case "starting":
        return "starting: the new epoch is being flushed";
      case "recovering":
        return this.#phase.recovery.describe();
      case "leading":
        return undefined;
    }
  }

  /** The leader's members as it knows them, itself included. */
  get members(): readonly Member[] {
    const known = [...this.#peers.values()].flatMap(({ id, member }) =>
      member === undefined ? this.#marks.members.filter((old) => old.id === id) : [member],
    );
    return [this.#start.member, ...known];
  }

  get liveFollowers(): readonly NodeId[] {
    return [...this.#peers.values()].filter(({ state }) => state === "live").map(({ id }) => id);
  }

  /** Begins a reign. An intact log leads at once; any other asks the followers first. */
  start(now: Instant): readonly LeaderEffect[] {
    const { marks, tail, id } = this.#start;
    const intact = marks.reignEpoch > 0 && marks.reignEpoch === marks.promisedEpoch;
    if (!intact) return this.#promiseOneself(marks.promisedEpoch + 1);
    const epoch = marks.promisedEpoch + 1;
    const entries = tail.map((entry) =>
      entry.sequence > marks.committed ? { ...entry, epoch } : entry,
    );
    const floorQuorum = marks.floor?.quorum ?? floorOf(this.#writeQuorum);
    this.#marks = { ...marks, promisedEpoch: epoch, promisedLeader: id, reignEpoch: epoch };
    return this.#takeOver({ entries, committed: marks.committed, floorQuorum, now });
  }

  linkOpened(from: NodeId): readonly LeaderEffect[] {
    const peer = this.#peer(from);
    peer.drop();
    peer.link = { state: "preparing" };
    return this.#epochDurable ? [this.#prepare(peer)] : [];
  }

  linkClosed(from: NodeId, now: Instant): readonly LeaderEffect[] {
    const peer = this.#peer(from);
    peer.drop();
    const effects = this.#phase.phase === "recovering" ? this.#lostInRecovery(from, now) : [];
    return [...effects, ...this.#reportMembers(), ...this.#reconsiderFloor()];
  }

  received(from: NodeId, message: FollowerMessage, now: Instant): readonly LeaderEffect[] {
    const peer = this.#peer(from);
    peer.lastHeardAt = now;
    const revived = peer.silent ? this.#unsilence(peer) : [];
    return [...revived, ...this.#dispatch(peer, message, now)];
  }

  /** An effect's flush is done. Flushes are reported in the order of their effects. */
  persisted(flush: LeaderFlush, now: Instant): readonly LeaderEffect[] {
    switch (flush.is) {
      case "marks":
        return this.#reconsiderFloor();
      case "epoch":
        return flush.epoch === this.epoch ? this.#epochFlushed(now) : [];
      case "reign":
        return flush.epoch === this.epoch ? this.#reignFlushed() : [];
      case "entries":
        return this.#settle(this.#ledger.flush(flush.through));
      case "installed":
        return this.#storeInstalled(flush.end, now);
    }
  }

  /** The store shows everything up to here, flushed. */
  storeApplied(applied: Sequence, digest: Digest): readonly LeaderEffect[] {
    invariant(applied >= this.#applied, "applied never moves back");
    invariant(applied <= this.#ledger.committed, "applied <= committed");
    for (let sequence = this.#applied + 1; sequence <= applied; sequence += 1) {
      const entry = this.#unapplied.get(sequence);
      if (entry === undefined) continue;
      this.#overlay.applied(entry);
      this.#unapplied.delete(sequence);
      this.#unappliedBytes -= entryBytes(entry);
    }
    this.#applied = applied;
    this.#noteDigest(applied, digest);
    return [...this.#peers.values()].flatMap((peer) => this.#compareDigest(peer));
  }

  propose(
    proposals: readonly Proposal[],
    now: Instant,
  ): { outcomes: readonly ProposalOutcome[]; effects: readonly LeaderEffect[] } {
    const live = this.liveFollowers.length;
    const outcomes: ProposalOutcome[] = [];
    const slots: Slot[] = [];
    const spread: FloorNote[] = [];
    for (const proposal of proposals) {
      const accepted = this.#accept(proposal, { live, now, spread });
      if ("reason" in accepted) outcomes.push({ is: "refused", refusal: accepted });
      else {
        slots.push(accepted);
        const { quorum, entry } = accepted;
        outcomes.push({ is: "accepted", sequence: entry.sequence, quorum });
      }
    }
    const entries = slots.map(({ entry }) => entry);
    const effects = [...spread.slice(-1).flatMap((note) => this.#spread(note))];
    if (entries.length > 0) effects.push(...this.#append(entries));
    return { outcomes, effects };
  }

  /** Changes the write quorum for all writes that do not choose their own. */
  setWriteQuorum(quorum: number, now: Instant): readonly LeaderEffect[] {
    this.#writeQuorum = quorum;
    if (this.#phase.phase !== "leading") return [];
    const { floor } = this.#phase;
    const at = { quorum, sequence: this.#ledger.last, now, usual: quorum };
    const { number, spread } = floor.propose(at);
    const effects = spread === undefined ? [] : [...this.#spread(spread)];
    const settled = this.#ledger.lowerQuorum({ quorum, floorNumber: number }, now);
    return [...effects, ...this.#settle(settled), ...this.#reconsiderFloor()];
  }

  /** Lets time pass: silence, heartbeats, the floor. */
  tick(now: Instant): readonly LeaderEffect[] {
    this.#forgiveOwnPause(now);
    const effects: LeaderEffect[] = [];
    for (const peer of this.#peers.values()) {
      const heardAt = peer.lastHeardAt ?? now;
      peer.lastHeardAt ??= now;
      peer.silent = now - heardAt > this.#limits.silenceMsMax;
    }
    effects.push(...this.#reportMembers(), ...this.#reconsiderFloor(), ...this.#raiseFloor(now));
    if (
      this.#heartbeatAt === undefined ||
      now - this.#heartbeatAt >= this.#limits.heartbeatIntervalMs
    ) {
      this.#heartbeatAt = now;
      effects.push(...this.#heartbeat());
    }
    return effects;
  }

  /** Tells the followers how far the log is committed, if no append has told them yet. */
  announce(): readonly LeaderEffect[] {
    const { committed } = this.#ledger;
    const untold = this.#streaming().filter(({ told }) => told < committed);
    if (untold.length === 0) return [];
    const message = this.#appendOf([]);
    return untold.map((peer) => {
      peer.told = committed;
      return { type: "send", to: peer.id, message };
    });
  }

  /** Entries this node holds that are not applied: newer than the log view may show. */
  unapplied(sequence: Sequence): Entry | undefined {
    return this.#unapplied.get(sequence);
  }

  // --- beginning a reign -----------------------------------------------------------------------

  #promiseOneself(epoch: Epoch): readonly LeaderEffect[] {
    const { id } = this.#start;
    this.#epochDurable = false;
    this.#phase = { phase: "starting" };
    this.#marks = { ...this.#marks, promisedEpoch: epoch, promisedLeader: id };
    return [{ type: "persist", entries: [], marks: this.#marks, flush: { is: "epoch", epoch } }];
  }

  #epochFlushed(now: Instant): readonly LeaderEffect[] {
    this.#epochDurable = true;
    const recovery = new Recovery({
      epoch: this.epoch,
      followers: this.#peers.size,
      writeQuorum: this.#writeQuorum,
      ownFloor: this.#marks.floor,
      ownApplied: this.#applied,
      ownEvidence: this.#start.tail,
      store: this.#start.store,
    });
    this.#phase = { phase: "recovering", recovery };
    return [...this.#prepareAll(), ...this.#recover(recovery.begin(), now)];
  }

  #prepareAll(): readonly LeaderEffect[] {
    const open = [...this.#peers.values()].filter(({ link }) => link.state !== "down");
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

  #lostInRecovery(from: NodeId, now: Instant): readonly LeaderEffect[] {
    if (this.#phase.phase !== "recovering") return [];
    return this.#recover(this.#phase.recovery.lost(from), now);
  }

  #recover(effects: readonly RecoveryEffect[], now: Instant): readonly LeaderEffect[] {
    return effects.flatMap((effect): readonly LeaderEffect[] => {
      switch (effect.type) {
        case "send":
        case "beginStore":
        case "addRecords":
          return [effect];
        case "installStore": {
          const flush = { is: "installed", end: effect.end } as const;
          return [{ type: "installStore", end: effect.end, marks: this.#marks, flush }];
        }
        case "recovered": {
          this.#marks = { ...this.#marks, reignEpoch: this.epoch };
          const committed = this.#applied;
          const { entries, floorQuorum } = effect;
          return this.#takeOver({ entries, committed, floorQuorum, now });
        }
      }
    });
  }

  #storeInstalled(end: SnapshotEnd, now: Instant): readonly LeaderEffect[] {
    this.#applied = end.applied;
    this.#applying = end.applied;
    this.#ledger = new Ledger(end.applied);
    this.#noteDigest(end.applied, end.digest);
    if (this.#phase.phase !== "recovering") return [];
    return this.#recover(this.#phase.recovery.installed(end), now);
  }

  /** Makes the log of a new reign durable. It is without a hole from applied+1 on. */
  #takeOver(log: {
    entries: readonly Entry[];
    committed: Sequence;
    floorQuorum: number;
    now: Instant;
  }): readonly LeaderEffect[] {
    const { epoch } = this;
    const quorum = this.#writeQuorum;
    const last = this.#applied + log.entries.length;
    const committed = Math.max(this.#applied, Math.min(log.committed, last));
    const floor = new Floor({ epoch, quorum: log.floorQuorum, last, now: log.now });
    const gate = floor.propose({ quorum, sequence: last, now: log.now, usual: quorum });
    this.#ledger = new Ledger(committed);
    this.#overlay = new Overlay();
    for (const [index, entry] of log.entries.entries()) {
      const expected = this.#applied + 1 + index;
      invariant(entry.sequence === expected, "an intact log has no hole above applied");
      this.#unapplied.set(entry.sequence, entry);
      this.#unappliedBytes += entryBytes(entry);
      this.#overlay.propose(entry, entry.sequence > committed);
      if (entry.sequence <= committed) this.#overlay.settle(entry);
      else this.#inherit(entry, { now: log.now, floorNumber: gate.number });
    }
    this.#marks = { ...this.#marks, blank: false, floor: floor.note, committed };
    this.#phase = { phase: "leading", floor };
    this.#epochDurable = false;
    const entries = log.entries.filter(({ sequence }) => sequence > committed);
    const flush = { is: "reign", epoch } as const;
    return [{ type: "persist", entries, marks: this.#marks, flush }];
  }

  #inherit(entry: Entry, { now, floorNumber }: { now: Instant; floorNumber: number }): void {
    this.#ledger.add({
      entry,
      quorum: this.#writeQuorum,
      explicit: false,
      inherited: true,
      proposedAt: now,
      deadlineAt: now,
      floorNumber,
      dependsOn: [],
    });
  }

  #reignFlushed(): readonly LeaderEffect[] {
    this.#epochDurable = true;
    // A promise given to the recovery may be old news: what was applied since is asked anew.
    const settled = this.#settle(this.#ledger.flush(this.#ledger.last));
    return [...settled, ...this.#prepareAll()];
  }

  // --- messages --------------------------------------------------------------------------------

  #dispatch(peer: Peer, message: FollowerMessage, now: Instant): readonly LeaderEffect[] {
    if (message.type === "refusal") return this.#refused(message);
    if (message.epoch !== this.epoch) return [];
    switch (message.type) {
      case "promise":
        return this.#promised(peer, message, now);
      case "acks":
        return this.#acks(peer, message, now);
      case "heartbeatReply":
        peer.storageFault = message.storageFault;
        peer.showed(message);
        return [...this.#compareDigest(peer), ...this.#reportMembers()];
      case "snapshotReceipt":
        return this.#receipt(peer, message);
      case "logPage":
        return this.#phase.phase === "recovering"
          ? this.#recover(this.#phase.recovery.logPage(peer.id, message), now)
          : [];
      case "storePage":
        return this.#phase.phase === "recovering"
          ? this.#recover(this.#phase.recovery.storePage(peer.id, message), now)
          : [];
      case "floorReceipt":
        if (this.#phase.phase === "leading") this.#phase.floor.received(peer.id, message.floor);
        return this.#reconsiderFloor();
    }
  }

  #refused(message: Extract<FollowerMessage, { type: "refusal" }>): readonly LeaderEffect[] {
    const { promisedEpoch, promisedLeader } = message;
    const foreign = promisedLeader !== this.#start.id;
    if (promisedEpoch < this.epoch || (promisedEpoch === this.epoch && !foreign)) return [];
    const settledNothing = this.#phase.phase !== "leading";
    if (settledNothing) return this.#promiseOneself(promisedEpoch + 1);
    this.#marks = { ...this.#marks, promisedEpoch, promisedLeader };
    const persist = {
      type: "persist",
      entries: [],
      marks: this.#marks,
      flush: { is: "marks" },
    } as const;
    return [persist, { type: "deposed", by: promisedLeader, epoch: promisedEpoch }];
  }

  #promised(
    peer: Peer,
    message: Extract<FollowerMessage, { type: "promise" }>,
    now: Instant,
  ): readonly LeaderEffect[] {
    if (peer.link.state !== "preparing") return [];
    const restarted = peer.incarnation !== "" && peer.incarnation !== message.incarnation;
    peer.incarnation = message.incarnation;
    peer.member = message.member;
    peer.startsFrom(message);
    peer.storageFault = "";
    peer.link = { state: "promised" };
    if (message.blank) this.#forgetDisk(peer);
    const news = this.#reportMembers(restarted ? peer : undefined);
    switch (this.#phase.phase) {
      case "starting":
        return news;
      case "recovering":
        return [...news, ...this.#recover(this.#phase.recovery.answered(peer.id, message), now)];
      case "leading":
        if (message.applied > this.#ledger.last) return this.#admitLoss(peer);
        return [...(this.#epochDurable ? this.#lead(peer, now) : []), ...news];
    }
  }

  /** A follower applied what this log lacks: the disk went back in time, and proves nothing. */
  #admitLoss(peer: Peer): readonly LeaderEffect[] {
    this.#marks = { ...this.#marks, reignEpoch: 0 };
    const flush = { is: "marks" } as const;
    return [
      { type: "persist", entries: [], marks: this.#marks, flush },
      { type: "deposed", by: peer.id, epoch: this.epoch },
    ];
  }

  #forgetDisk(peer: Peer): void {
    peer.acked = 0;
    this.#ledger.forget(peer.id);
    if (this.#phase.phase === "leading") this.#phase.floor.forget(peer.id);
  }

  #lead(peer: Peer, now: Instant): readonly LeaderEffect[] {
    invariant(this.#phase.phase === "leading", "only a reign sends entries");
    const settled = this.#settle(
      this.#ledger.acknowledge({ node: peer.id, at: now }, this.#openUpTo(peer.applied)),
    );
    const { floor } = this.#phase;
    const message = {
      type: "lead",
      epoch: this.epoch,
      completeAt: this.#ledger.last,
      floor: floor.note,
    } as const;
    const first = this.#start.log.first();
    const reachesBack = peer.applied >= this.#applied || (first > 0 && first <= peer.applied + 1);
    const send = { type: "send", to: peer.id, message } as const;
    if (!reachesBack) return [send, ...settled, ...this.#startSnapshot(peer)];
    peer.stream(peer.applied + 1);
    return [send, ...settled, ...this.#pump(peer), ...this.#reportMembers()];
  }

  /** What a follower has applied it will not be sent again, so its promise is the ack. */
  #openUpTo(applied: Sequence): readonly Sequence[] {
    const { committed } = this.#ledger;
    return Array.from({ length: Math.max(0, applied - committed) }, (_, at) => committed + 1 + at);
  }

  #acks(
    peer: Peer,
    message: Extract<FollowerMessage, { type: "acks" }>,
    now: Instant,
  ): readonly LeaderEffect[] {
    if (peer.link.state !== "streaming") return [];
    peer.showed(message);
    const sequences: Sequence[] = [];
    for (const { from, to } of message.ranges) {
      peer.delivered(from, to);
      const high = Math.min(to, this.#ledger.last);
      for (let at = Math.max(from, this.#ledger.committed + 1); at <= high; at += 1)
        sequences.push(at);
    }
    const acked = { type: "acked", from: peer.id, ranges: message.ranges } as const;
    const settled = this.#settle(this.#ledger.acknowledge({ node: peer.id, at: now }, sequences));
    const compared = this.#compareDigest(peer);
    return [acked, ...settled, ...compared, ...this.#pump(peer)];
  }

  // --- appending and settling ------------------------------------------------------------------

  #accept(
    proposal: Proposal,
    turn: { live: number; now: Instant; spread: FloorNote[] },
  ): Slot | Refusal {
    const phase = this.#phase;
    if (phase.phase !== "leading" || !this.#epochDurable)
      return { reason: "recovering", detail: this.notReady ?? "starting: flushing the new epoch" };
    const quorum = proposal.quorum ?? this.#writeQuorum;
    if (turn.live < quorum) return { reason: "quorumUnavailable", live: turn.live, quorum };
    if (
      this.backlog.entries >= this.#limits.backlogEntriesMax ||
      this.#unappliedBytes >= this.#limits.backlogBytesMax
    )
      return {
        reason: "overloaded",
        detail: `${this.backlog.entries} entries (${this.#unappliedBytes} bytes) wait to be applied`,
      };
    const sequence = this.#ledger.last + 1;
    const { epoch } = this;
    const state = { overlay: this.#overlay, store: this.#start.store, sequence, epoch };
    const checked = evaluate(proposal.operations, state);
    if ("reason" in checked) return checked;
    const usual = this.#writeQuorum;
    const gate = phase.floor.propose({ quorum, sequence, now: turn.now, usual });
    if (gate.spread !== undefined) turn.spread.push(gate.spread);
    const entry: Entry = { sequence, epoch, origin: epoch, operations: checked.operations };
    this.#overlay.propose(entry, false);
    this.#unapplied.set(sequence, entry);
    this.#unappliedBytes += entryBytes(entry);
    return this.#ledger.add({
      entry,
      quorum,
      explicit: proposal.quorum !== undefined,
      inherited: false,
      proposedAt: proposal.proposedAt,
      deadlineAt: proposal.deadlineAt,
      floorNumber: gate.number,
      dependsOn: checked.dependsOn,
    });
  }

  /** The leader's own flush and the followers' streams begin in the same turn. */
  #append(entries: readonly Entry[]): readonly LeaderEffect[] {
    const flush = { is: "entries", through: this.#ledger.last } as const;
    const persist = { type: "persist", entries, marks: undefined, flush } as const;
    return [persist, ...this.#streaming().flatMap((peer) => this.#pump(peer))];
  }

  #streaming(): readonly Peer[] {
    return [...this.#peers.values()].filter(({ link }) => link.state === "streaming");
  }

  #settle(slots: readonly Slot[]): readonly LeaderEffect[] {
    for (const slot of slots) this.#overlay.settle(slot.entry);
    const effects: LeaderEffect[] = slots.length > 0 ? [{ type: "settled", slots }] : [];
    return [...effects, ...this.#applyCommitted()];
  }

  #applyCommitted(): readonly LeaderEffect[] {
    const entries: Entry[] = [];
    while (this.#applying < this.#ledger.committed) {
      this.#applying += 1;
      const entry = this.#unapplied.get(this.#applying);
      invariant(entry !== undefined, "every committed entry above applied is at hand");
      entries.push(entry);
    }
    return entries.length > 0 ? [{ type: "apply", entries }] : [];
  }

  // --- streams ---------------------------------------------------------------------------------

  /** The last append made, because followers at the head of the log all get the same one. */
  #shared: Extract<LeaderMessage, { type: "append" }> | undefined;

  #appendOf(entries: readonly Entry[]): Extract<LeaderMessage, { type: "append" }> {
    const shared = this.#shared;
    const { epoch, committed } = this;
    if (
      shared !== undefined &&
      shared.entries.length === entries.length &&
      shared.entries[0] === entries[0] &&
      shared.committed === committed &&
      shared.epoch === epoch
    )
      return shared;
    this.#shared = { type: "append", epoch, entries, committed };
    return this.#shared;
  }

  /** Sends a follower what it lacks, as far as its window allows. */
  #pump(peer: Peer): readonly LeaderEffect[] {
    const effects: LeaderEffect[] = [];
    while (peer.link.state === "streaming" && peer.link.next <= this.#ledger.last) {
      const room = peer.room(this.#limits);
      if (room.entriesMax <= 0 || room.bytesMax <= 0) break;
      const { next } = peer.link;
      const entries = this.#read(next, room);
      if (entries[0]?.sequence !== next) return [...effects, ...this.#startSnapshot(peer)];
      peer.sent(entries);
      peer.told = this.#ledger.committed;
      effects.push({ type: "send", to: peer.id, message: this.#appendOf(entries) });
    }
    return effects;
  }

  #read(from: Sequence, room: { entriesMax: number; bytesMax: number }): readonly Entry[] {
    if (from <= this.#applied) {
      const stored = this.#start.log.read(from, {
        ...room,
        entriesMax: Math.min(room.entriesMax, this.#applied - from + 1),
      });
      return withoutHole(from, stored);
    }
    const entries: Entry[] = [];
    let bytes = 0;
    for (let at = from; entries.length < room.entriesMax && bytes < room.bytesMax; at += 1) {
      const entry = this.#unapplied.get(at);
      if (entry === undefined) break;
      bytes += entryBytes(entry);
      entries.push(entry);
    }
    return entries;
  }

  #startSnapshot(peer: Peer): readonly LeaderEffect[] {
    peer.drop();
    this.#snapshots += 1;
    peer.link = {
      state: "snapshot",
      number: this.#snapshots,
      copy: this.#start.store.copy(),
      after: undefined,
      sent: 0,
      received: 0,
      ended: false,
    };
    return [...this.#reportMembers(), ...this.#pumpSnapshot(peer)];
  }

  #pumpSnapshot(peer: Peer): readonly LeaderEffect[] {
    const { link } = peer;
    const effects: LeaderEffect[] = [];
    if (link.state !== "snapshot") return effects;
    const { copy, number } = link;
    while (!link.ended && link.sent - link.received < this.#limits.snapshotChunksMax) {
      const records = copy.page(link.after, this.#limits.messageBytesMax / 4);
      const last = records.at(-1);
      link.ended = last === undefined;
      link.after = last?.key;
      const message: LeaderMessage = {
        type: "snapshotChunk",
        epoch: this.epoch,
        snapshot: number,
        index: link.sent,
        records,
        end: link.ended ? { applied: copy.applied, digest: copy.digest } : undefined,
      };
      link.sent += 1;
      effects.push({ type: "send", to: peer.id, message });
    }
    return effects;
  }

  #receipt(
    peer: Peer,
    message: Extract<FollowerMessage, { type: "snapshotReceipt" }>,
  ): readonly LeaderEffect[] {
    const { link } = peer;
    if (link.state !== "snapshot" || link.number !== message.snapshot) return [];
    link.received = Math.max(link.received, message.index + 1);
    if (!message.installed) return this.#pumpSnapshot(peer);
    const { applied, digest } = link.copy;
    peer.drop();
    peer.startsFrom({ applied, digest });
    peer.acked = Math.max(peer.acked, applied);
    peer.stream(applied + 1);
    return [...this.#reportMembers(), ...this.#pump(peer)];
  }

  // --- time, liveness, floor -------------------------------------------------------------------

  /** If this process itself stood still, the others' silence proves nothing. */
  #forgiveOwnPause(now: Instant): void {
    const before = this.#tickedAt;
    this.#tickedAt = now;
    if (before === undefined || now - before < this.#limits.silenceMsMax / 2) return;
    for (const peer of this.#peers.values())
      if (!peer.silent && peer.lastHeardAt !== undefined) peer.lastHeardAt = now;
  }

  #unsilence(peer: Peer): readonly LeaderEffect[] {
    peer.silent = false;
    return this.#reportMembers();
  }

  #heartbeat(): readonly LeaderEffect[] {
    this.#heartbeats += 1;
    const open = [...this.#peers.values()].filter(
      ({ link }) => link.state === "streaming" || link.state === "snapshot",
    );
    if (open.length === 0 || this.#phase.phase !== "leading") return [];
    const message: LeaderMessage = {
      type: "heartbeat",
      epoch: this.epoch,
      committed: this.#ledger.committed,
      last: this.#ledger.last,
      number: this.#heartbeats,
      members: this.members,
      applied: this.#applied,
      digest: this.#digest,
      writeQuorum: this.#writeQuorum,
    };
    return open.map((peer) => ({ type: "send", to: peer.id, message }));
  }

  #reportMembers(restarted?: Peer): readonly LeaderEffect[] {
    return [...this.#peers.values()].flatMap((peer): readonly LeaderEffect[] => {
      const { id, state } = peer;
      if (peer.reported === state && peer !== restarted) return [];
      peer.reported = state;
      return [{ type: "member", id, state, restarted: peer === restarted }];
    });
  }

  #spread(note: FloorNote): readonly LeaderEffect[] {
    this.#marks = { ...this.#marks, floor: note, committed: this.#ledger.committed };
    const persist = {
      type: "persist",
      entries: [],
      marks: this.#marks,
      flush: { is: "marks" },
    } as const;
    const message = { type: "floor", epoch: this.epoch, floor: note } as const;
    const sends = this.#streaming().map(({ id }) => ({ type: "send", to: id, message }) as const);
    return [persist, ...sends];
  }

  #reconsiderFloor(): readonly LeaderEffect[] {
    if (this.#phase.phase !== "leading") return [];
    const { floor } = this.#phase;
    if (!floor.settle(this.liveFollowers)) return [];
    return this.#settle(this.#ledger.floorInForce(floor.numberInForce));
  }

  #raiseFloor(now: Instant): readonly LeaderEffect[] {
    if (this.#phase.phase !== "leading") return [];
    const contiguous = this.#streaming().map(({ link }) =>
      link.state === "streaming" ? link.delivered.contiguous : 0,
    );
    const facts = { usual: this.#writeQuorum, now, calmMs: this.#limits.floorCalmMs, contiguous };
    const note = this.#phase.floor.raise(facts);
    return note === undefined ? [] : this.#spread(note);
  }

  // --- integrity -------------------------------------------------------------------------------

  #noteDigest(applied: Sequence, digest: Digest): void {
    this.#digest = digest;
    this.#digests.set(applied, digest);
    if (this.#digests.size <= 4096) return;
    const [oldest] = this.#digests.keys();
    if (oldest !== undefined) this.#digests.delete(oldest);
  }

  /** Undefined while there is no common applied mark to compare at. */
  digestMatch(id: NodeId): boolean | undefined {
    return this.#matches.get(id);
  }

  readonly #matches = new Map<NodeId, boolean>();

  #compareDigest(peer: Peer): readonly LeaderEffect[] {
    const { applied } = peer;
    const own = this.#digests.get(applied);
    if (own === undefined || peer.digest === "") return [];
    const matches = own === peer.digest;
    const before = this.#matches.get(peer.id);
    this.#matches.set(peer.id, matches);
    return matches || before === false ? [] : [{ type: "digestMismatch", id: peer.id, applied }];
  }

  #peer(id: NodeId): Peer {
    const peer = this.#peers.get(id);
    invariant(peer !== undefined, `only followers take part; ${id} is none`);
    return peer;
  }
}

function withoutHole(from: Sequence, entries: readonly Entry[]): readonly Entry[] {
  const hole = entries.findIndex(({ sequence }, index) => sequence !== from + index);
  return hole < 0 ? entries : entries.slice(0, hole);
}
