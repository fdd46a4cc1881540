import { newerNote } from "./floor.ts";
import type {
  FollowerEffect,
  FollowerFlush,
  FollowerStart,
  LinkNumber,
} from "./follower-effects.ts";
import { FollowerLog } from "./follower-log.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { toRanges } from "./progress.ts";
import type {
  Digest,
  Entry,
  Epoch,
  FloorNote,
  FollowerMessage,
  HardState,
  History,
  LeaderMessage,
  Sequence,
  SnapshotEnd,
} from "./types.ts";
import type { StoreCopyView } from "./views.ts";

type Stage =
  /** No leader's stream, or one whose promise is not durable yet. */
  | { readonly type: "idle" }
  | { readonly type: "promised"; copy: StoreCopyView | undefined }
  | {
      readonly type: "following";
      /** What the leader's log held when it began to send: this node is whole once it has all of it. */
      readonly completeAt: Sequence;
      /** How far this leader said the log is committed: an earlier leader's mark does not count. */
      told: Sequence;
      /** A store is arriving that will replace this one: entries are kept but not applied. */
      installing: boolean;
      /** A snapshot is arriving: its number and the chunk that must come next. */
      snapshot: { readonly number: number; next: number } | undefined;
    };

/** What a follower knows of its cluster from the leader's heartbeats. */
export interface LeaderNews {
  readonly committed: Sequence;
  readonly last: Sequence;
  readonly applied: Sequence;
  readonly digest: Digest;
  readonly writeQuorum: number;
}

/** The rules of following: facts in, effects out. The node carries the effects out, in order. */
export class Follower {
  readonly #start: FollowerStart;
  readonly #limits: Limits;
  #hardState: HardState;
  /** The only stream it listens to: the one that last asked for a promise it could give. */
  #link: LinkNumber | undefined;
  #stage: Stage = { type: "idle" };
  readonly #log: FollowerLog;
  /** What the store shows, flushed. */
  #shown: SnapshotEnd;
  #news: LeaderNews | undefined;
  /** See HardState; the store that takes its place is flushed before this changes. */
  #foreign: boolean;
  storageFault = "";

  constructor(start: FollowerStart) {
    const { applied, digest, history, hardState } = start;
    this.#start = start;
    this.#limits = start.limits ?? DEFAULT_LIMITS;
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
  get news(): LeaderNews | undefined {
    return this.#news;
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

  linkClosed(link: LinkNumber): readonly FollowerEffect[] {
    if (this.#link !== link) return [];
    this.#leaveStage();
    this.#link = undefined;
    return [];
  }

  received(link: LinkNumber, message: LeaderMessage): readonly FollowerEffect[] {
    if (message.type === "prepare") return this.#prepare(link, message);
    if (link !== this.#link || message.epoch !== this.epoch)
      return [this.#refuse(link, "the epoch of this stream has ended")];
    switch (message.type) {
      case "lead":
        return this.#lead(link, message);
      case "append":
        return this.#append(link, message);
      case "heartbeat":
        return this.#heartbeat(link, message);
      case "snapshotChunk":
        return this.#chunk(link, message);
      case "fetchLog":
        return this.#fetchLog(link, message.from);
      case "fetchStore":
        return this.#fetchStore(link, message.after);
      case "floor":
        return this.#noteFloor(link, message.floor);
    }
  }

  /** An effect's flush is done. Flushes are reported in the order of their effects. */
  persisted(flush: FollowerFlush): readonly FollowerEffect[] {
    if (flush.type === "hardState") return [];
    // A promise to another leader may have been given meanwhile: its predecessor hears no more.
    const current = flush.link === this.#link && flush.epoch === this.epoch;
    const { link, epoch } = flush;
    switch (flush.type) {
      case "promise":
        return current ? [this.#promise(link)] : [];
      case "entries": {
        if (!current) return [];
        const ranges = toRanges(flush.sequences);
        const { applied, digest } = this.#mark();
        return [this.#send(link, { type: "acks", epoch, ranges, applied, digest })];
      }
      case "floor":
        if (!current) return [];
        return [this.#send(link, { type: "floorReceipt", epoch, floor: flush.floor })];
      case "chunk": {
        if (flush.end !== undefined) this.#installed(flush.end);
        if (!current) return [];
        const { snapshot, index } = flush;
        const installed = flush.end !== undefined;
        return [this.#send(link, { type: "snapshotReceipt", epoch, snapshot, index, installed })];
      }
    }
  }

  /** The store shows everything up to here, flushed. */
  storeApplied(applied: Sequence, digest: Digest, history: History | undefined): void {
    this.#shown = { applied, digest, history };
  }

  // --- promises --------------------------------------------------------------------------------

  #prepare(
    link: LinkNumber,
    message: Extract<LeaderMessage, { type: "prepare" }>,
  ): readonly FollowerEffect[] {
    const { epoch, leader, to, members } = message;
    if (to !== this.#start.id) return [this.#refuse(link, `this is ${this.#start.id}, not ${to}`)];
    const { promisedEpoch, promisedLeader } = this.#hardState;
    if (leader !== this.#start.leader)
      return [
        this.#refuse(link, `the settings of ${to} name ${this.#start.leader} as the leader`),
        { type: "strangerRefused", leader, epoch },
      ];
    if (epoch < promisedEpoch || (epoch === promisedEpoch && leader !== promisedLeader))
      return [this.#refuse(link, `promised epoch ${promisedEpoch} to ${promisedLeader}`)];
    const old = this.#link;
    this.#leaveStage();
    this.#link = link;
    const closeOld =
      old === undefined || old === link
        ? []
        : [{ type: "close", link: old, reason: "a newer stream took over" } as const];
    const isNews = epoch !== promisedEpoch;
    this.#hardState = { ...this.#hardState, promisedEpoch: epoch, promisedLeader: leader, members };
    const flush = { type: "promise", link, epoch } as const;
    const hardState = isNews ? this.#hardState : undefined;
    return [...closeOld, { type: "persist", entries: [], hardState, flush }];
  }

  #promise(link: LinkNumber): FollowerEffect {
    this.#stage = { type: "promised", copy: undefined };
    this.#log.endsAt(Math.max(this.#start.last(), this.applied));
    const { promisedEpoch: epoch, blank, floor, followedEpoch = 0, ledEpoch } = this.#hardState;
    const { member, incarnation } = this.#start;
    return this.#send(link, {
      type: "promise",
      epoch,
      ...this.#shown,
      last: this.last,
      blank,
      floor,
      member,
      incarnation,
      followedEpoch: Math.max(followedEpoch, ledEpoch),
    });
  }

  #lead(
    link: LinkNumber,
    message: Extract<LeaderMessage, { type: "lead" }>,
  ): readonly FollowerEffect[] {
    if (this.#stage.type !== "promised") return [this.#refuse(link, "entries before a promise")];
    this.#leaveStage();
    const { completeAt, epoch, replace } = message;
    this.#log.begin(replace);
    const installing = replace;
    this.#stage = { type: "following", completeAt, told: 0, installing, snapshot: undefined };
    if (!replace) {
      this.#hardState = { ...this.#hardState, followedEpoch: epoch };
      this.#completeIfWhole();
      return this.#noteFloor(link, message.floor);
    }
    // Until the snapshot is in place, this node proves nothing to a recovery.
    this.#foreign = true;
    this.#hardState = { ...this.#hardState, blank: true, foreign: true };
    const { applying: applied } = this.#log;
    return [
      { type: "storeReplaced", leader: this.#hardState.promisedLeader, applied },
      ...this.#noteFloor(link, message.floor),
    ];
  }

  #leaveStage(): void {
    if (this.#stage.type === "promised") this.#stage.copy?.close();
    this.#stage = { type: "idle" };
  }

  // --- entries ---------------------------------------------------------------------------------

  #append(
    link: LinkNumber,
    message: Extract<LeaderMessage, { type: "append" }>,
  ): readonly FollowerEffect[] {
    if (this.#stage.type !== "following") return [this.#refuse(link, "entries before lead")];
    const high = this.#log.applying + 2 * this.#limits.backlogEntriesMax;
    const fresh: Entry[] = [];
    for (const entry of message.entries) {
      if (entry.sequence > high || entry.epoch > message.epoch)
        return [this.#refuse(link, `entry ${entry.sequence} is out of every bound`)];
      if (this.#log.add(entry)) fresh.push(entry);
    }
    const apply = this.#applyUpTo(message.committed);
    if (message.entries.length === 0) return apply;
    const hardState = this.#completeIfWhole();
    // A duplicate is acked like the rest: by then everything before it is flushed as well.
    const sequences = message.entries.map(({ sequence }) => sequence);
    const flush = { type: "entries", link, epoch: message.epoch, sequences } as const;
    return [{ type: "persist", entries: fresh, hardState, flush }, ...apply];
  }

  /** In order, and never beyond what this leader calls committed. */
  #applyUpTo(committed: Sequence): readonly FollowerEffect[] {
    this.#log.sawCommitted(committed);
    const stage = this.#stage;
    if (stage.type !== "following") return [];
    stage.told = Math.max(stage.told, committed);
    const entries = stage.installing ? [] : this.#log.takeUpTo(stage.told);
    return entries.length > 0 ? [{ type: "apply", entries }] : [];
  }

  /** A blank node that holds everything a leader had when it began to send is blank no more. */
  #completeIfWhole(): HardState | undefined {
    if (!this.#hardState.blank || this.#stage.type !== "following") return undefined;
    if (this.#log.contiguous < this.#stage.completeAt) return undefined;
    this.#hardState = { ...this.#hardState, blank: false, foreign: false };
    this.#foreign = false;
    return this.#hardState;
  }

  #heartbeat(
    link: LinkNumber,
    message: Extract<LeaderMessage, { type: "heartbeat" }>,
  ): readonly FollowerEffect[] {
    const { epoch, number, committed, last, writeQuorum, members } = message;
    this.#news = { committed, last, writeQuorum, applied: message.applied, digest: message.digest };
    const effects = [...this.#applyUpTo(committed)];
    if (JSON.stringify(members) !== JSON.stringify(this.#hardState.members)) {
      this.#hardState = { ...this.#hardState, members };
      const flush = { type: "hardState" } as const;
      effects.push({ type: "persist", entries: [], hardState: this.#hardState, flush });
    }
    const { applied, digest } = this.#mark();
    const { storageFault } = this;
    const reply = { type: "heartbeatReply", epoch, number, applied, digest, storageFault } as const;
    return [...effects, this.#send(link, reply)];
  }

  // --- snapshots -------------------------------------------------------------------------------

  #chunk(
    link: LinkNumber,
    message: Extract<LeaderMessage, { type: "snapshotChunk" }>,
  ): readonly FollowerEffect[] {
    if (this.#stage.type !== "following") return [this.#refuse(link, "a snapshot before lead")];
    const { epoch, snapshot, index, records, end } = message;
    const begin = index === 0;
    const stage = this.#stage;
    if (begin) stage.snapshot = { number: snapshot, next: 0 };
    stage.installing = true;
    if (stage.snapshot?.number !== snapshot || stage.snapshot.next !== index)
      return [this.#refuse(link, `chunk ${index} of snapshot ${snapshot} is out of order`)];
    stage.snapshot.next += 1;
    const flush = { type: "chunk", link, epoch, snapshot, index, end } as const;
    const effects: FollowerEffect[] = begin ? [{ type: "beginStore" }] : [];
    if (end === undefined) return [...effects, { type: "addRecords", records, flush }];
    stage.snapshot = undefined;
    this.#hardState = { ...this.#hardState, followedEpoch: epoch, foreign: false };
    if (stage.completeAt <= end.applied) this.#hardState = { ...this.#hardState, blank: false };
    return [...effects, { type: "installStore", end, hardState: this.#hardState, flush }];
  }

  #installed(end: SnapshotEnd): void {
    this.#foreign = false;
    this.#shown = end;
    this.#log.installed(end);
    if (this.#stage.type === "following") this.#stage.installing = false;
  }

  // --- what a recovery asks for ----------------------------------------------------------------

  #fetchLog(link: LinkNumber, from: Sequence): readonly FollowerEffect[] {
    const { messageEntriesMax, messageBytesMax } = this.#limits;
    const entries = this.#start.log.read(from, {
      entriesMax: messageEntriesMax,
      bytesMax: messageBytesMax,
    });
    const last = entries.at(-1);
    const next = last === undefined || last.sequence >= this.#start.last() ? 0 : last.sequence + 1;
    return [this.#send(link, { type: "logPage", epoch: this.epoch, from, entries, next })];
  }

  #fetchStore(link: LinkNumber, after: string | undefined): readonly FollowerEffect[] {
    const stage = this.#stage;
    if (stage.type !== "promised") return [this.#refuse(link, "a store is for recovery only")];
    if (after === undefined) {
      stage.copy?.close();
      stage.copy = this.#start.store.copy();
    }
    const { copy } = stage;
    if (copy === undefined) return [this.#refuse(link, "the copy of the store is gone")];
    const records = copy.page(after, this.#limits.chunkBytesMax);
    const { applied, digest, history } = copy;
    const end = records.length === 0 ? { applied, digest, history } : undefined;
    if (end !== undefined) {
      copy.close();
      stage.copy = undefined;
    }
    return [this.#send(link, { type: "storePage", epoch: this.epoch, records, end })];
  }

  #noteFloor(link: LinkNumber, note: FloorNote | undefined): readonly FollowerEffect[] {
    const floor = newerNote(this.#hardState.floor, note);
    this.#hardState = { ...this.#hardState, floor };
    const flush = { type: "floor", link, epoch: this.epoch, floor } as const;
    return [{ type: "persist", entries: [], hardState: this.#hardState, flush }];
  }

  #mark(): { applied: Sequence; digest: Digest } {
    if (this.replacing) return { applied: 0, digest: "" };
    const { applied, digest } = this.#shown;
    return { applied, digest };
  }

  #send(link: LinkNumber, message: FollowerMessage): FollowerEffect {
    return { type: "send", link, message };
  }

  #refuse(link: LinkNumber, reason: string): FollowerEffect {
    const { promisedEpoch, promisedLeader } = this.#hardState;
    return {
      type: "send",
      link,
      message: { type: "refusal", promisedEpoch, promisedLeader, reason },
    };
  }
}
