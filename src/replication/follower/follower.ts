import type { SealedStore } from "../effects.ts";
import { newerNote } from "../floor-note.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import type {
  ClusterId,
  Digest,
  Entry,
  Epoch,
  FloorNote,
  HardState,
  History,
  Instant,
  NodeId,
  Sequence,
  SnapshotEnd,
} from "../types.ts";
import { clusterPromised, clusterTold, toldBy } from "./cluster.ts";
import {
  FollowerDraft,
  type FollowerEffects,
  type FollowerFlush,
  type LinkNumber,
} from "./follower-effects.ts";
import { FollowerLog } from "./follower-log.ts";
import type { FollowerStage } from "./follower-stage.ts";
import type { FollowerStart } from "./follower-start.ts";
import { newsOf, objectionTo, promiseOf, refusalOf } from "./prepare.ts";
import { receiptOf } from "./receipts.ts";
import { logPage, storePage } from "./recovery-pages.ts";
import { Snapshots } from "./snapshots.ts";
import type { ClusterNews, Followed, Told } from "./told.ts";
import { WaitingPrepares } from "./waiting-prepares.ts";

/** The rules of following: facts in, effects out, one record for each fact. */
export class Follower {
  readonly #start: FollowerStart;
  /** The effects of the step under way. Every fact ends by taking them. */
  readonly #out = new FollowerDraft();
  #hardState: HardState;
  #stage: FollowerStage = { type: "idle" };
  readonly #log: FollowerLog;
  /** They get a promise once the lease that this node lent has ended. */
  readonly #waiting = new WaitingPrepares();
  readonly #snapshots = new Snapshots(this.#out);
  /** What the store shows, flushed. */
  #shown: SnapshotEnd;
  #news: ClusterNews | undefined;
  /** When the stream that it follows last brought anything. */
  #heardAt: Instant = Number.NEGATIVE_INFINITY;
  /** See HardState; the store that takes its place is flushed before this changes. */
  #foreign: boolean;
  storageFault = "";

  constructor(start: FollowerStart) {
    const { applied, digest, history, hardState } = start;
    this.#start = start;
    this.#hardState = hardState;
    this.#foreign = hardState.foreign === true;
    this.#shown = { applied, digest, history };
    this.#log = new FollowerLog({ applied, last: start.last() });
  }

  get epoch(): Epoch {
    return this.#hardState.promisedEpoch;
  }
  get applied(): Sequence {
    return this.#shown.applied;
  }
  get committed(): Sequence {
    return this.#log.committed;
  }
  get last(): Sequence {
    return this.#log.last;
  }
  get hardState(): HardState {
    return this.#hardState;
  }
  get news(): ClusterNews | undefined {
    return this.#news;
  }
  /** The stream of the leader that it last promised; undefined: it is closed. */
  get link(): LinkNumber | undefined {
    return this.#stage.type === "idle" ? undefined : this.#stage.link;
  }
  /** A leader's stream of entries is open. */
  get following(): boolean {
    return this.#stage.type === "following";
  }
  /** The store here is not a prefix of the leader's history, and not replaced yet. */
  get replacing(): boolean {
    return this.#foreign;
  }
  /** Entries received and not handed out for applying; bounded by the leader's backlog. */
  get backlog(): number {
    return this.#log.waiting;
  }

  /** A promise waits until then for the end of a lease; undefined: none does. */
  get promiseDueAt(): Instant | undefined {
    return this.#waiting.dueAt((candidate) => this.#freeAt(candidate));
  }
  /** The streams of those who wait for it. */
  get waitingLinks(): readonly LinkNumber[] {
    return this.#waiting.links;
  }

  get #limits(): Limits {
    return this.#start.limits ?? DEFAULT_LIMITS;
  }

  linkClosed(link: LinkNumber): FollowerEffects {
    if (this.link === link) this.#enter({ type: "idle" });
    this.#waiting.delete(link);
    return this.#out.take();
  }

  received(link: LinkNumber, message: Followed, now: Instant): FollowerEffects {
    if (message.type === "prepare") this.#prepare(link, message, now);
    else if (link !== this.link || message.epoch !== this.epoch)
      this.#refuse(link, "the epoch of this stream has ended");
    else {
      this.#heardAt = now;
      if (message.type === "confirm") this.#confirm(link, message, now);
      else this.#dispatch(link, message);
    }
    return this.#out.take();
  }

  /** Time has passed: promises that waited for it are given. */
  tick(now: Instant): FollowerEffects {
    for (const [link, message] of this.#waiting.take()) this.#prepare(link, message, now);
    return this.#out.take();
  }

  #dispatch(link: LinkNumber, message: Exclude<Followed, { type: "prepare" | "confirm" }>): void {
    switch (message.type) {
      case "lead":
        this.#lead(link, message);
        return;
      case "append":
        this.#append(link, message);
        return;
      case "heartbeat":
        this.#heartbeat(link, message);
        return;
      case "snapshotChunk":
        this.#chunk(link, message);
        return;
      case "fetchLog":
        this.#out.send(link, logPage(this.#start, this.#limits, message));
        return;
      case "fetchStore":
        this.#fetchStore(link, message);
        return;
      case "floor":
        this.#noteFloor(link, message.floor);
        return;
      case "readMark":
        this.#out.tell(message);
        return;
      case "stand":
        if (message.released) this.#start.lending?.release(this.#hardState.promisedLeader);
        if (this.following) this.#out.tell({ type: "stand", to: message.to });
        return;
    }
  }

  /** An effect's flush is done. Flushes are reported in the order of their effects. */
  persisted(flush: FollowerFlush): FollowerEffects {
    if (flush.type !== "hardState") this.#flushed(flush);
    return this.#out.take();
  }

  #flushed(flush: Exclude<FollowerFlush, { type: "hardState" }>): void {
    if (flush.type === "chunk" && flush.end !== undefined) this.#installed(flush.end);
    const { link, epoch } = flush;
    // A promise to another leader may have been given meanwhile: its predecessor hears no more.
    if (link !== this.link || epoch !== this.epoch) return;
    if (flush.type === "promise") this.#promise(link);
    else this.#out.send(link, receiptOf(flush, this.#mark()));
  }

  /** The store shows everything up to here, flushed. */
  storeApplied(applied: Sequence, digest: Digest, history: History | undefined): FollowerEffects {
    this.#shown = { applied, digest, history };
    return this.#out.take();
  }

  // --- promises --------------------------------------------------------------------------------

  #prepare(link: LinkNumber, message: Told<"prepare">, now: Instant): void {
    const { epoch, leader, members } = message;
    this.#waiting.delete(link);
    const isSilent = now - this.#heardAt > this.#limits.silenceMsMax;
    const hearsLeader = this.following && link !== this.link && !isSilent;
    const known = { hardState: this.#hardState, hearsLeader };
    const objection = objectionTo(message, this.#start, known);
    if (objection !== undefined) {
      this.#out.send(link, refusalOf(objection, this.#hardState));
      const news = newsOf(objection, message, link);
      if (news !== undefined) this.#out.tell(news);
      return;
    }
    const isNewEpoch = epoch !== this.#hardState.promisedEpoch;
    if (isNewEpoch && now < this.#freeAt(leader)) {
      this.#waiting.add(link, message);
      return;
    }
    const old = this.link;
    if (old !== undefined && old !== link) this.#out.close(old, "a newer stream took over");
    this.#enter({ type: "promising", link });
    const lends = this.#start.lending?.isNoted(now) === true ? true : undefined;
    const cluster = clusterPromised(message, this.#hardState);
    const isNewId = cluster !== this.#hardState.cluster;
    const isNews = isNewEpoch || isNewId || lends !== this.#hardState.lends;
    const promise = { promisedEpoch: epoch, promisedLeader: leader, members, lends, cluster };
    this.#hardState = { ...this.#hardState, ...promise };
    const hardState = isNews ? this.#hardState : undefined;
    this.#out.persist({ type: "promise", link, epoch }, { hardState });
  }

  #freeAt(candidate: NodeId): Instant {
    return this.#start.lending?.freeAt(candidate) ?? Number.NEGATIVE_INFINITY;
  }

  /** Whoever waits for the end of a lease must not wait for ever: meanwhile nothing is lent. */
  #confirm(link: LinkNumber, { epoch, number, lend }: Told<"confirm">, now: Instant): void {
    const { blank, promisedLeader } = this.#hardState;
    const mayLend = lend && !blank && this.#waiting.isEmpty;
    const lends = mayLend && this.#start.lending?.lend(promisedLeader, now) === true;
    this.#out.send(link, { type: "confirmed", epoch, number, lends });
  }

  #promise(link: LinkNumber): void {
    this.#stage = { type: "promised", link, copy: undefined };
    this.#log.endsAt(Math.max(this.#start.last(), this.applied));
    const shown = { ...this.#shown, last: this.last };
    this.#out.send(link, promiseOf(this.#start, this.#hardState, shown));
  }

  #lead(link: LinkNumber, message: Told<"lead">): void {
    if (this.#stage.type !== "promised") {
      this.#refuse(link, "entries before a promise");
      return;
    }
    const { completeAt, epoch, replace } = message;
    this.#log.begin(replace);
    const arriving = { replaces: replace, installing: replace, snapshot: undefined };
    this.#enter({ type: "following", link, completeAt, told: 0, ...arriving });
    if (replace) {
      // Until the snapshot is in place, this node proves nothing to a recovery.
      this.#foreign = true;
      this.#hardState = { ...this.#hardState, blank: true, foreign: true };
      const { promisedLeader: leader } = this.#hardState;
      this.#out.tell({ type: "storeReplaced", leader, applied: this.#log.applying });
    } else {
      this.#hardState = { ...this.#hardState, followedEpoch: epoch };
      this.#completeIfWhole();
    }
    this.#noteFloor(link, message.floor, message.cluster);
  }

  /** What the stage before held is given back. */
  #enter(stage: FollowerStage): void {
    if (this.#stage.type === "promised") this.#stage.copy?.close();
    this.#stage = stage;
  }

  // --- entries ---------------------------------------------------------------------------------

  #append(link: LinkNumber, message: Told<"append">): void {
    if (this.#stage.type !== "following") {
      this.#refuse(link, "entries before lead");
      return;
    }
    const { epoch } = message;
    const high = this.#log.applying + 2 * this.#limits.backlogEntriesMax;
    const entries: Entry[] = [];
    for (const entry of message.entries) {
      if (entry.sequence > high || entry.epoch > epoch) {
        this.#refuse(link, `entry ${entry.sequence} is out of every bound`);
        return;
      }
      if (this.#log.add(entry)) entries.push(entry);
    }
    if (message.entries.length > 0) {
      const hardState = this.#completeIfWhole();
      // A duplicate is acked like the rest: by then everything before it is flushed as well.
      const sequences = message.entries.map(({ sequence }) => sequence);
      const flush = { type: "entries", link, epoch, sequences } as const;
      this.#out.persist(flush, { entries, hardState });
    }
    this.#applyUpTo(message.committed);
  }

  /** In order, and never beyond what this leader calls committed. */
  #applyUpTo(committed: Sequence): void {
    this.#log.sawCommitted(committed);
    const stage = this.#stage;
    if (stage.type !== "following") return;
    stage.told = Math.max(stage.told, committed);
    if (!stage.installing) this.#out.apply(this.#log.takeUpTo(stage.told));
  }

  /** A blank node that holds everything a leader had when it began to send is blank no more. */
  #completeIfWhole(): HardState | undefined {
    if (!this.#hardState.blank || this.#stage.type !== "following") return undefined;
    if (this.#log.contiguous < this.#stage.completeAt) return undefined;
    this.#hardState = { ...this.#hardState, blank: false, foreign: false };
    this.#foreign = false;
    return this.#hardState;
  }

  #heartbeat(link: LinkNumber, message: Told<"heartbeat">): void {
    const { epoch, number, committed, last } = message;
    const { applied: theirs, digest: theirDigest, writeQuorum, settings } = message;
    const store = { applied: theirs, digest: theirDigest };
    this.#news = { committed, last, ...store, writeQuorum, settings };
    this.#applyUpTo(committed);
    const hardState = toldBy(message, this.#hardState);
    if (hardState !== undefined) {
      this.#hardState = hardState;
      this.#out.persist({ type: "hardState" }, { hardState });
    }
    const { applied, digest } = this.#mark();
    const reply = { epoch, number, applied, digest, storageFault: this.storageFault };
    this.#out.send(link, { type: "heartbeatReply", ...reply });
  }

  // --- snapshots -------------------------------------------------------------------------------

  #chunk(link: LinkNumber, message: Told<"snapshotChunk">): void {
    const stage = this.#stage;
    if (stage.type !== "following") {
      this.#refuse(link, "a snapshot before lead");
      return;
    }
    const fault = this.#snapshots.take(stage, message, this.#log.applying);
    if (fault !== undefined) this.#refuseSnapshot(link, fault);
  }

  /** All records of a snapshot are flushed, and this is their digest: only now may it replace the store. */
  sealed(store: SealedStore): FollowerEffects {
    const stage = this.#stage;
    if (stage.type !== "following") return this.#out.take();
    const flush = this.#snapshots.sealed(stage, store);
    if (typeof flush === "string") this.#refuseSnapshot(stage.link, flush);
    else if (flush !== undefined) {
      stage.snapshot = undefined;
      const blank = this.#hardState.blank && stage.completeAt > store.end.applied;
      const changed = { followedEpoch: flush.epoch, foreign: false, blank };
      this.#hardState = { ...this.#hardState, ...changed };
      this.#out.installStore(flush, { end: store.end, hardState: this.#hardState });
    }
    return this.#out.take();
  }

  #refuseSnapshot(link: LinkNumber, reason: string): void {
    if (this.#stage.type === "following") this.#stage.snapshot = undefined;
    this.#out.tell({ type: "snapshotRefused", leader: this.#hardState.promisedLeader, reason });
    this.#refuse(link, `the snapshot: ${reason}`);
  }

  #installed(end: SnapshotEnd): void {
    this.#foreign = false;
    this.#shown = end;
    this.#log.installed(end);
    if (this.#stage.type === "following") this.#stage.installing = false;
  }

  // --- what a recovery asks for ----------------------------------------------------------------

  #fetchStore(link: LinkNumber, { epoch, after }: Told<"fetchStore">): void {
    const bytesMax = this.#limits.chunkBytesMax;
    const page = storePage(this.#start, this.#stage, { epoch, after, bytesMax });
    if (typeof page === "string") this.#refuse(link, page);
    else this.#out.send(link, page);
  }

  #noteFloor(link: LinkNumber, note: FloorNote | undefined, told?: ClusterId): void {
    const floor = newerNote(this.#hardState.floor, note);
    const cluster = clusterTold(told, this.#hardState.cluster);
    this.#hardState = { ...this.#hardState, floor, cluster };
    const flush = { type: "floor", link, epoch: this.epoch, floor, cluster } as const;
    this.#out.persist(flush, { hardState: this.#hardState });
  }

  #mark(): { applied: Sequence; digest: Digest } {
    return this.replacing ? { applied: 0, digest: "" } : this.#shown;
  }

  #refuse(link: LinkNumber, reason: string): void {
    this.#out.send(link, refusalOf({ reason, kind: "other" }, this.#hardState));
  }
}
