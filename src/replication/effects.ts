/**
 * What one step of the rules asks of its node, in one record, as etcd/raft's `Ready` does. A step is one
 * fact and all that follows from it at once.
 */
import type { Digest, Entry, HardState, SnapshotEnd, StoreRecord } from "./types.ts";

/** What ends in a flush. `Flush` is what the rules are told once it is durable. */
export type StorageEffect<Flush> =
  /** Appends entries, and replaces HardState if given. */
  | {
      readonly type: "persist";
      readonly entries: readonly Entry[];
      readonly hardState: HardState | undefined;
      readonly flush: Flush;
    }
  /** Puts entries into the store, in this order, with or after what was persisted before. */
  | { readonly type: "apply"; readonly entries: readonly Entry[] }
  /** A store arrives from another node, in records, and replaces this one. */
  | { readonly type: "beginStore" }
  | { readonly type: "addRecords"; readonly records: readonly StoreRecord[]; readonly flush: Flush }
  /** Everything of it was received: the rules are told its digest before it replaces anything. */
  | { readonly type: "sealStore"; readonly sealed: Sealed }
  | {
      readonly type: "installStore";
      readonly end: SnapshotEnd;
      readonly hardState: HardState;
      readonly flush: Flush;
    };

/** A received store of which all records are flushed: `end` is what its sender says it is. */
export interface Sealed {
  /** Numbers the stores that one role receives. */
  readonly number: number;
  readonly end: SnapshotEnd;
}

/** What came out: the digest of the records received. */
export interface SealedStore extends Sealed {
  readonly digest: Digest;
}

/** One step's effects. `To` names a stream: by its follower, or by its number. */
export interface Effects<To, Message, Flush, News> {
  /** In order. Flushes are reported in the same order, in steps of their own. */
  readonly storage: readonly StorageEffect<Flush>[];
  /** Streams that lead nowhere. */
  readonly closes: readonly { readonly to: To; readonly reason: string }[];
  /** For people: it changes neither the log nor the store. */
  readonly news: readonly News[];
  /** In order. They may leave before the storage above is flushed. */
  readonly sends: readonly { readonly to: To; readonly message: Message }[];
}

/** Gathers the effects of the step under way. The rules of one node share it. */
export class EffectsDraft<To, Message, Flush, News> {
  #storage: StorageEffect<Flush>[] = [];
  #closes: { readonly to: To; readonly reason: string }[] = [];
  #news: News[] = [];
  #sends: { readonly to: To; readonly message: Message }[] = [];

  persist(
    flush: Flush,
    change: { readonly entries?: readonly Entry[]; readonly hardState?: HardState | undefined },
  ): void {
    const { entries = [], hardState } = change;
    this.#storage.push({ type: "persist", entries, hardState, flush });
  }

  apply(entries: readonly Entry[]): void {
    if (entries.length > 0) this.#storage.push({ type: "apply", entries });
  }

  beginStore(): void {
    this.#storage.push({ type: "beginStore" });
  }

  addRecords(records: readonly StoreRecord[], flush: Flush): void {
    this.#storage.push({ type: "addRecords", records, flush });
  }

  sealStore(sealed: Sealed): void {
    this.#storage.push({ type: "sealStore", sealed });
  }

  installStore(flush: Flush, store: { end: SnapshotEnd; hardState: HardState }): void {
    const { end, hardState } = store;
    this.#storage.push({ type: "installStore", end, hardState, flush });
  }

  close(to: To, reason: string): void {
    this.#closes.push({ to, reason });
  }

  tell(news: News): void {
    this.#news.push(news);
  }

  send(to: To, message: Message): void {
    this.#sends.push({ to, message });
  }

  /** Ends the step. */
  take(): Effects<To, Message, Flush, News> {
    const [storage, closes, news, sends] = [this.#storage, this.#closes, this.#news, this.#sends];
    this.#storage = [];
    this.#closes = [];
    this.#news = [];
    this.#sends = [];
    return { storage, closes, news, sends };
  }
}
