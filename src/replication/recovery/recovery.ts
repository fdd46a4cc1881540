import type { EffectsDraft, SealedStore } from "../effects.ts";
import { electionNeeds, floorOf, newerNote } from "../floor-note.ts";
import { BrokenPromise } from "../invariant.ts";
import { newerSettings } from "../live-settings.ts";
import { isPrefix } from "../prefix.ts";
import type {
  Entry,
  Epoch,
  FloorNote,
  FollowerMessage,
  LeaderMessage,
  LiveSettings,
  NodeId,
  Sequence,
  SnapshotEnd,
} from "../types.ts";
import type { LogView, StoreView } from "../views.ts";
import { faultOfCopy } from "./copied-store.ts";
import { Evidence } from "./evidence.ts";
import type { Answer, Own, Stage } from "./recovery-stage.ts";

type PromiseMessage = Extract<FollowerMessage, { type: "promise" }>;
type LogPage = Extract<FollowerMessage, { type: "logPage" }>;
type StorePage = Extract<FollowerMessage, { type: "storePage" }>;

/** One page of a copied store is flushed; pages are counted within one epoch. */
export interface RecordsFlush {
  readonly type: "records";
  readonly epoch: Epoch;
  readonly page: number;
}

/** Where its effects go: they are those of the leader whose recovery it is. */
export type RecoveryOut = Pick<
  EffectsDraft<NodeId, LeaderMessage, RecordsFlush, never>,
  "send" | "beginStore" | "addRecords" | "sealStore" | "close"
>;

/** What a step has come to; most come to nothing yet. */
export type RecoveryResult =
  /** A store has come whole and may be installed. `followedEpoch` is that of the node whose it is. */
  | {
      readonly type: "copied";
      readonly end: SnapshotEnd;
      readonly followedEpoch: Epoch;
    }
  | {
      readonly type: "recovered";
      /** Everything above the store, without a hole, in the new epoch. */
      readonly entries: readonly Entry[];
      /** The newest note heard of; undefined: there never was one. */
      readonly floor: FloorNote | undefined;
      /** The newest that those who promised hold; undefined: they know of no change. */
      readonly settings: LiveSettings | undefined;
    };

/** So many followers with data meet every set of `quorum` of them. */
export const recoveryNeeds = (followers: number, quorum: number): number =>
  followers - floorOf(quorum) + 1;

/** What a recovery is made from. */
export interface RecoveryStart {
  readonly epoch: Epoch;
  readonly followers: number;
  readonly writeQuorum: number;
  readonly ownFloor: FloorNote | undefined;
  /** FAILOVER=1. `countsOwn`: this node's store and log count like those of a follower with data. */
  readonly electing?: { readonly countsOwn: boolean } | undefined;
  readonly own: Own;
  /** See Limits. */
  readonly backlogEntriesMax: number;
  readonly store: StoreView;
  readonly log: LogView;
  readonly out: RecoveryOut;
}

/**
 * Phase 1 of a leader whose own log proves nothing: hear enough followers, take the most advanced
 * store, merge what they hold above it. Made anew for each epoch.
 */
export class Recovery {
  readonly #start: RecoveryStart;
  readonly #out: RecoveryOut;
  readonly #answers = new Map<NodeId, Answer>();
  /** Of each sequence above the store the entry of the highest epoch seen. */
  readonly #evidence = new Evidence();
  /** Pages of stores that have come so far. */
  #pages = 0;
  /** Of the store that is copied: its newest record so far, and the mark that its node had promised. */
  #newest: Sequence = 0;
  #copied: Sequence = 0;
  #own: Own;
  #stage: Stage = { type: "asking" };

  constructor(start: RecoveryStart) {
    this.#start = start;
    this.#out = start.out;
    this.#own = start.own;
    this.#weighOwnLog();
  }

  get #isCopying(): boolean {
    return ["copying", "sealing", "installing"].includes(this.#stage.type);
  }

  get #applied(): Sequence {
    return this.#own.applied;
  }

  /** For `/readyz`: what it waits for, in a sentence. */
  describe(): string {
    const proving = [...this.#answers.values()].filter(({ promise }) => !promise.blank).length;
    switch (this.#stage.type) {
      case "asking":
        return (
          `recovering: ${this.#answers.size} of ${this.#start.followers} followers answered, ` +
          `${proving} of them with data; ${this.#needed()} with data, or all, are needed`
        );
      case "copying":
        return `recovering: copying the store of ${this.#stage.source}`;
      case "sealing":
      case "installing":
        return "recovering: flushing the copied store";
      case "merging":
        return "recovering: reading what the followers hold above the store";
      case "finished":
        return "recovering: flushing what was recovered";
    }
  }

  /** Enough have promised: others should not stand meanwhile. */
  get hasQuorum(): boolean {
    return this.#enough();
  }

  /** Too few have answered so far. */
  get isAsking(): boolean {
    return this.#stage.type === "asking" && !this.#enough();
  }

  /** With no followers there is nobody to ask. */
  begin(): RecoveryResult | undefined {
    return this.#proceed();
  }

  answered(from: NodeId, promise: PromiseMessage): RecoveryResult | undefined {
    const known = this.#answers.get(from);
    // A promise given twice may come from a disk that was lost in between.
    const isRead = known?.done === true && !known.outOfReach;
    const done = isRead && known.promise.incarnation === promise.incarnation;
    const answer = { promise, connected: true, done, reading: undefined, outOfReach: false };
    this.#answers.set(from, answer);
    return this.#isCopying ? undefined : this.#proceed();
  }

  lost(from: NodeId): RecoveryResult | undefined {
    const answer = this.#answers.get(from);
    if (answer === undefined || this.#stage.type === "finished") return undefined;
    answer.connected = false;
    // Whose store may still be needed must be there. A promise counts only while its disk cannot have been lost.
    const needed =
      this.#start.electing !== undefined ||
      answer.outOfReach ||
      answer.promise.followedEpoch > this.#own.followedEpoch;
    if (!answer.done || needed) this.#answers.delete(from);
    if (this.#isCopying && !(this.#stage.type === "copying" && this.#stage.source === from))
      return undefined;
    this.#stage = { type: "asking" };
    return this.#proceed();
  }

  storePage(from: NodeId, page: StorePage): RecoveryResult | undefined {
    const stage = this.#stage;
    if (stage.type !== "copying" || stage.source !== from) return undefined;
    this.#pages += 1;
    for (const { version } of page.records) this.#newest = Math.max(this.#newest, version);
    const { epoch } = this.#start;
    this.#out.addRecords(page.records, { type: "records", epoch, page: this.#pages });
    if (page.end === undefined) {
      stage.flushing = { page: this.#pages, after: page.records.at(-1)?.key };
      return undefined;
    }
    const { source, followedEpoch } = stage;
    this.#stage = { type: "sealing", source, followedEpoch, page: this.#pages };
    this.#out.sealStore({ number: this.#pages, end: page.end });
    return undefined;
  }

  /** All records of the copy are flushed, and this is their digest: only now may it replace the store. */
  sealed({ number, end, digest }: SealedStore): RecoveryResult | undefined {
    const stage = this.#stage;
    if (stage.type !== "sealing" || stage.page !== number) return undefined;
    const { source, followedEpoch } = stage;
    const fault = faultOfCopy(end, { digest, newest: this.#newest, least: this.#copied });
    if (fault === undefined) {
      this.#stage = { type: "installing", followedEpoch };
      return { type: "copied", end, followedEpoch };
    }
    this.#stage = { type: "asking" };
    return this.#giveUp(source, `its store ${fault}`);
  }

  /** What that node says cannot be: it is asked anew, on another stream. */
  #giveUp(from: NodeId, reason: string): RecoveryResult | undefined {
    this.#out.close(from, reason);
    this.#answers.delete(from);
    return this.#isCopying ? undefined : this.#proceed();
  }

  /** A page is flushed. Only now is the next one asked for: what waits to be flushed is bounded. */
  recordsAdded(page: number): void {
    const stage = this.#stage;
    if (stage.type !== "copying" || stage.flushing?.page !== page) return;
    const { after } = stage.flushing;
    stage.flushing = undefined;
    this.#out.send(stage.source, { type: "fetchStore", epoch: this.#start.epoch, after });
  }

  /** The copied store is durably in place. */
  installed(end: SnapshotEnd): RecoveryResult | undefined {
    if (this.#stage.type !== "installing") return undefined;
    const { followedEpoch } = this.#stage;
    const before = this.#applied;
    this.#own = { applied: end.applied, history: end.history, followedEpoch };
    if (end.applied < before) this.#readAllAgain();
    this.#stage = { type: "asking" };
    return this.#proceed();
  }

  logPage(from: NodeId, page: LogPage): RecoveryResult | undefined {
    const answer = this.#answers.get(from);
    if (this.#stage.type === "finished" || answer === undefined || answer.done) return undefined;
    if (page.from !== answer.reading) return undefined;
    const { blank, applied, last } = answer.promise;
    if ((page.entries.at(-1)?.sequence ?? 0) > last)
      return this.#giveUp(from, `its log goes beyond ${last}, the end that it had promised`);
    for (const entry of page.entries) this.#evidence.weigh(entry);
    if (!blank && applied >= page.from && page.entries[0]?.sequence !== page.from)
      answer.outOfReach = true;
    if (page.next > 0) {
      this.#fetchLog(from, answer, page.next);
      return undefined;
    }
    answer.reading = undefined;
    answer.done = true;
    return this.#stage.type === "merging" ? this.#finishIfAllDone() : undefined;
  }

  /** The store in hand stands lower than the one before: what was read lies too high. */
  #readAllAgain(): void {
    for (const [from, answer] of this.#answers) {
      if (!answer.connected) this.#answers.delete(from);
      answer.done = false;
      answer.reading = undefined;
    }
    this.#weighOwnLog();
  }

  #weighOwnLog(): void {
    const all = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
    for (const entry of this.#start.log.read(this.#applied + 1, all)) this.#evidence.weigh(entry);
  }

  #floorNote(): FloorNote | undefined {
    let note = this.#start.ownFloor;
    for (const { promise } of this.#answers.values()) note = newerNote(note, promise.floor);
    return note;
  }

  #needed(): number {
    const { followers, writeQuorum, electing } = this.#start;
    const note = this.#floorNote();
    if (electing === undefined) return recoveryNeeds(followers, note?.quorum ?? writeQuorum);
    const needed = electionNeeds(followers + 1, note);
    return electing.countsOwn ? needed - 1 : needed;
  }

  #enough(): boolean {
    const answers = [...this.#answers.values()];
    const proving = answers.filter(({ promise }) => !promise.blank).length;
    return answers.length === this.#start.followers || proving >= this.#needed();
  }

  #proceed(): RecoveryResult | undefined {
    if (this.#stage.type === "finished") return undefined;
    if (!this.#enough()) {
      this.#stage = { type: "asking" };
      return undefined;
    }
    const source = this.#source();
    if (source === undefined) return this.#merge();
    this.#copy(source);
    return undefined;
  }

  /** Whose store takes the place of the one in hand; undefined: it is good. */
  #source(): NodeId | undefined {
    const { applied, followedEpoch } = this.#own;
    const missed = this.#mostAdvanced(
      ({ outOfReach, promise }) => outOfReach && promise.applied > applied,
    );
    if (missed !== undefined) return missed;
    // What a later leader settled is in a store or a log of those who followed it. One who did not
    // may have applied more, but by itself, with a quorum of 0 for example.
    const newest = this.#newestEpoch;
    const id = this.#mostAdvanced(({ promise }) => promise.followedEpoch >= newest);
    const best = id === undefined ? undefined : this.#answers.get(id)?.promise;
    if (best === undefined) return undefined;
    if (best.applied > applied) return id;
    const isNewer = best.followedEpoch > followedEpoch;
    return isNewer && !isPrefix(best, this.#leaderHistory) ? id : undefined;
  }

  /** The newest epoch of which a follower that counts holds something. */
  get #newestEpoch(): Epoch {
    let newest = this.#own.followedEpoch;
    for (const { promise } of this.#answers.values())
      if (!promise.blank) newest = Math.max(newest, promise.followedEpoch);
    return newest;
  }

  get #leaderHistory(): Parameters<typeof isPrefix>[1] {
    const { applied, history } = this.#own;
    const entryAt = () => {
      throw new BrokenPromise("nothing is asked for above the store in hand");
    };
    return { applied, history, last: applied, log: this.#start.log, entryAt };
  }

  #mostAdvanced(which: (answer: Answer) => boolean): NodeId | undefined {
    let best: { from: NodeId; applied: Sequence } | undefined;
    for (const [from, answer] of this.#answers) {
      const { applied } = answer.promise;
      if (!answer.connected || !which(answer)) continue;
      if (best === undefined || applied > best.applied) best = { from, applied };
    }
    return best?.from;
  }

  #copy(source: NodeId): void {
    const { followedEpoch = 0, applied = 0 } = this.#answers.get(source)?.promise ?? {};
    this.#newest = 0;
    this.#copied = applied;
    this.#stage = { type: "copying", source, followedEpoch, flushing: undefined };
    this.#out.beginStore();
    this.#out.send(source, { type: "fetchStore", epoch: this.#start.epoch });
  }

  #merge(): RecoveryResult | undefined {
    this.#stage = { type: "merging" };
    this.#own = { ...this.#own, followedEpoch: this.#newestEpoch };
    for (const [from, answer] of this.#answers) {
      if (answer.done) continue;
      if (answer.promise.last <= this.#applied) answer.done = true;
      else if (answer.reading === undefined) this.#fetchLog(from, answer, this.#applied + 1);
    }
    return this.#finishIfAllDone();
  }

  #fetchLog(to: NodeId, answer: Answer, from: Sequence): void {
    answer.reading = from;
    this.#out.send(to, { type: "fetchLog", epoch: this.#start.epoch, from });
  }

  #finishIfAllDone(): RecoveryResult | undefined {
    if (![...this.#answers.values()].every(({ done }) => done) || !this.#enough()) return undefined;
    if (this.#source() !== undefined) return this.#proceed();
    this.#stage = { type: "finished" };
    const { epoch, store, backlogEntriesMax } = this.#start;
    const above = { epoch, applied: this.#applied, store, backlogEntriesMax };
    const entries = this.#evidence.merged(above);
    return { type: "recovered", entries, floor: this.#floorNote(), settings: this.#settings() };
  }

  #settings(): LiveSettings | undefined {
    let newest: LiveSettings | undefined;
    for (const { promise } of this.#answers.values())
      newest = newerSettings(newest, promise.settings);
    return newest;
  }
}
