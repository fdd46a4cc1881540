/** What a leader does with its followers once it leads: streams, acks, the floor, heartbeats. */

import { type Survival, survivalOf } from "../election/survival.ts";
import { electionNeeds } from "../floor-note.ts";
import { invariant } from "../invariant.ts";
import { isPrefix } from "../prefix.ts";
import type {
  FloorNote,
  FollowerMessage,
  Instant,
  LeaderMessage,
  NodeId,
  Sequence,
  SequenceRange,
} from "../types.ts";
import { BlankFollowers } from "./blank-followers.ts";
import type { Floor } from "./floor.ts";
import type { LeaderState, PromiseMessage } from "./leader-state.ts";
import { Leases } from "./leases.ts";
import type { Slot } from "./ledger.ts";
import type { Peer } from "./peer.ts";
import type { Rounds } from "./rounds.ts";
import type { Sent } from "./word-of-follower.ts";

type Acks = Extract<FollowerMessage, { type: "acks" }>;
type Confirmed = Extract<FollowerMessage, { type: "confirmed" }>;

export class Leading {
  readonly #state: LeaderState;
  readonly leases: Leases;
  readonly blank = new BlankFollowers();
  #heartbeats = 0;

  constructor(state: LeaderState) {
    const isOn = state.start.election?.leases === true;
    this.#state = state;
    this.leases = new Leases({ isOn, needed: Math.floor(state.nodes / 2) });
  }

  /** Undefined before the node leads. */
  get floor(): Floor | undefined {
    const { phase } = this.#state;
    return phase.type === "leading" ? phase.floor : undefined;
  }

  /** Undefined before the node leads. */
  get rounds(): Rounds | undefined {
    const { phase } = this.#state;
    return phase.type === "leading" ? phase.rounds : undefined;
  }

  /** Too few followers have been heard for an election timeout. */
  isAlone(now: Instant): boolean {
    const { start, members } = this.#state;
    const { rounds } = this;
    if (start.election === undefined || rounds === undefined) return false;
    const { timeoutMs } = start.election;
    const heard = members.all.filter(({ lastHeardAt = 0 }) => now - lastHeardAt < timeoutMs);
    return heard.length < rounds.needed;
  }

  /** Followers that are led hold the data, or are about to. */
  survival(): Survival {
    const { members, nodes, writeQuorum } = this.#state;
    const up = members.live.length + 1;
    return survivalOf({ nodes, up, writeQuorum, electionNeeds: this.#electionNeeds });
  }

  /** So many nodes with data are here that a new epoch would find its phase 1. */
  couldBeElected(): boolean {
    return this.#state.members.led.length + 1 >= this.#electionNeeds;
  }

  /** By the note that followers know: a raised one counts once it is durable here. */
  get #electionNeeds(): number {
    const { nodes, hardState } = this.#state;
    return electionNeeds(nodes, this.floor?.note ?? hardState.floor);
  }

  /** Asks followers whether they have promised no higher epoch. */
  askRound(now: Instant): void {
    const { epoch, out } = this.#state;
    const { rounds } = this;
    if (rounds === undefined) return;
    const asked = rounds.ask(now);
    const message = { type: "confirm", epoch, number: rounds.asked } as const;
    for (const { id } of asked) out.send(id, { ...message, lend: this.leases.isWanted });
  }

  /** A follower has promised no higher epoch, and may promise none for a while. */
  confirmed(peer: Peer, { number, lends }: Confirmed): void {
    peer.confirmed = Math.max(peer.confirmed, number);
    const at = this.rounds?.askedAtOf(number);
    if (lends && at !== undefined) this.leases.lent(peer.id, { number, at });
  }

  /** The lease is renewed with every tick, long before it ends. */
  renewLease(now: Instant): void {
    if (this.leases.isWanted) this.askRound(now);
  }

  /** One follower shall stand for leader; the others hear of it. This leader counts on no lease any more. */
  askToStand(to: NodeId): void {
    const { epoch, members, out } = this.#state;
    this.leases.giveUp(this.rounds?.asked ?? 0);
    const message = { type: "stand", epoch, to, released: true } as const;
    for (const { id } of members.led) out.send(id, message);
  }

  /** The follower's disk was replaced: what it once acked or knew is worth nothing. */
  forgetDisk(peer: Peer): void {
    peer.acked = 0;
    this.#state.writes.diskLost(peer.id);
    this.floor?.forget(peer.id);
    this.#state.identity.forget(peer.id);
  }

  /** A follower promised. With elections a blank one may have to wait. */
  leadOrHold(peer: Peer, promise: PromiseMessage, now: Instant): void {
    const { election } = this.#state.start;
    const { rounds } = this;
    const isAdmitted = election?.admitted.get(peer.id) === promise.incarnation;
    if (election === undefined || rounds === undefined || !promise.blank || isAdmitted) {
      this.lead(peer, promise, now);
      return;
    }
    this.blank.hold(peer, promise, { round: rounds.asked + 1, now });
    this.askRound(now);
    this.leadReleased(now);
  }

  /** Leads blank followers of which nothing is to be feared any more. */
  leadReleased(now: Instant): void {
    const { rounds } = this;
    if (rounds === undefined || this.blank.isEmpty) return;
    for (const { peer, promise } of this.blank.release(rounds)) this.lead(peer, promise, now);
  }

  /** A follower promised: it is sent what it lacks, from what it has applied on. */
  lead(peer: Peer, promise: PromiseMessage, now: Instant): void {
    const { phase, epoch, last, streams, writes, out } = this.#state;
    invariant(phase.type === "leading", "only a node that leads sends entries");
    const replace = !this.#isPrefix(promise);
    const floor = phase.floor.note;
    const cluster = this.#state.identity.held;
    out.send(peer.id, { type: "lead", epoch, completeAt: last, floor, replace, cluster });
    if (replace) {
      out.tell({ type: "storeReplaced", id: peer.id, applied: promise.applied });
      streams.replaceStore(peer);
      return;
    }
    // What it has applied it will not be sent again, so its promise is the ack.
    writes.acknowledged({ node: peer.id, at: now }, this.#open({ from: 1, to: peer.applied }));
    streams.begin(peer);
  }

  #isPrefix(promise: PromiseMessage): boolean {
    const { applied, last, history, writes, start } = this.#state;
    const entryAt = (sequence: Sequence) => writes.entryAt(sequence);
    return isPrefix(promise, { applied, last, history, log: start.log, entryAt });
  }

  acks(peer: Peer, message: Acks, now: Instant): void {
    const { last, writes, streams, out } = this.#state;
    if (peer.link.state !== "streaming") return;
    // A range is a peer's word: only what was ever proposed counts.
    const ranges = message.ranges
      .map(({ from, to }) => ({ from: Math.max(1, from), to: Math.min(to, last) }))
      .filter(({ from, to }) => from <= to);
    peer.showed(message);
    for (const { from, to } of ranges) peer.delivered(from, to);
    const sequences = ranges.flatMap((range) => this.#open(range));
    out.tell({ type: "acked", from: peer.id, ranges });
    writes.acknowledged({ node: peer.id, at: now }, sequences);
    this.#state.compareDigest(peer);
    streams.pump(peer);
  }

  /** The entries of a range that are not committed yet. A range is a peer's word: it is bounded. */
  #open(range: SequenceRange): readonly Sequence[] {
    const { last, committed } = this.#state;
    const sequences: Sequence[] = [];
    const high = Math.min(range.to, last);
    for (let at = Math.max(range.from, committed + 1); at <= high; at += 1) sequences.push(at);
    return sequences;
  }

  /** The leader's own flush and the followers' streams begin in the same turn. */
  append(slots: readonly Slot[]): void {
    if (slots.length === 0) return;
    const { last, members, streams, out } = this.#state;
    const entries = slots.map(({ entry }) => entry);
    out.persist({ type: "entries", through: last }, { entries });
    for (const peer of members.streaming) streams.pump(peer);
  }

  /** The number of the last heartbeat; 0: there was none. */
  get heartbeats(): number {
    return this.#heartbeats;
  }

  /** How far it is: nobody can answer what lies beyond. */
  get sent(): Sent {
    const { heartbeats, rounds } = this;
    return { heartbeats, rounds: rounds?.asked ?? 0, last: this.#state.last };
  }

  /** `able`: this leader could settle writes, as far as it depends on itself. */
  heartbeat(able: boolean): void {
    this.#heartbeats += 1;
    const { phase, epoch, committed, last, applied, digests, writeQuorum, out } = this.#state;
    const { led } = this.#state.members;
    if (led.length === 0 || phase.type !== "leading") return;
    const message: LeaderMessage = {
      type: "heartbeat",
      epoch,
      committed,
      last,
      number: this.#heartbeats,
      members: this.#state.gateways,
      applied,
      digest: digests.shown.digest,
      writeQuorum,
      settings: this.#state.start.settings?.(),
      able: this.#state.start.election === undefined ? undefined : able,
      cluster: this.#state.identity.held,
    };
    for (const { id } of led) out.send(id, message);
  }

  /** A copy of the store keeps the disk from using its pages again: nobody may hold it for long. */
  giveUpSnapshots(now: Instant): void {
    const { snapshotSilenceMsMax, snapshotStallMsMax } = this.#state.limits;
    for (const peer of this.#state.members.all) {
      const stallMs = peer.snapshotStallMs(now);
      const silenceMs = now - (peer.lastHeardAt ?? now);
      const isSilent = peer.link.state === "snapshot" && silenceMs > snapshotSilenceMsMax;
      if (isSilent || stallMs > snapshotStallMsMax)
        this.#state.out.close(peer.id, "it does not take the snapshot it is sent");
    }
  }

  /** Once all nodes hold the id of the cluster, that is made durable here, before anybody is told. */
  considerCluster(): void {
    const cluster = this.#state.identity.takeConfirmed();
    const { epoch } = this.#state;
    if (cluster !== undefined) this.#state.persist({ cluster }, { type: "cluster", epoch });
  }

  // --- the floor -------------------------------------------------------------------------------

  /** Makes a note durable here and tells every follower of it, unless that waits for a raised one. */
  spread(note: FloorNote): void {
    this.#persist(note);
    if (note === this.floor?.note) this.#tell(note);
  }

  #persist(note: FloorNote): void {
    const { epoch, committed } = this.#state;
    const flush = { type: "floor", epoch, number: note.number } as const;
    this.#state.persist({ floor: note, committed }, flush);
  }

  #tell(note: FloorNote): void {
    const { epoch, members, out } = this.#state;
    for (const { id } of members.led) out.send(id, { type: "floor", epoch, floor: note });
  }

  /** A note is durable here. */
  floorFlushed(number: number): void {
    const note = this.floor?.flushed(number);
    if (note !== undefined) this.#tell(note);
  }

  /** Puts a pending note in force if enough know it now. */
  reconsiderFloor(): void {
    const { floor } = this;
    if (floor === undefined) return;
    const { members, writes, out } = this.#state;
    const before = floor.degraded;
    const isInForce = floor.settle(members.live);
    const { degraded, note } = floor;
    if (degraded !== before) out.tell({ type: "floor", quorum: note.quorum, degraded });
    if (isInForce) writes.floorInForce(floor.numberInForce);
  }

  raiseFloor(now: Instant): void {
    const { members, limits, writeQuorum: usual } = this.#state;
    const { contiguous } = members;
    const note = this.floor?.raise({ usual, now, calmMs: limits.floorCalmMs, contiguous });
    if (note !== undefined) this.#persist(note);
  }
}
