import type { Digest, NodeId, Sequence, SnapshotEnd } from "../types.ts";

/** Applied marks of which the leader remembers its digest. */
const rememberedMax = 4096;

/** Compares the followers' digests with the leader's own at equal applied marks. */
export class DigestWatch {
  readonly #own = new Map<Sequence, Digest>();
  /** Of each follower the result of the last comparison that could be made. */
  readonly #matches = new Map<NodeId, boolean>();
  #shown: SnapshotEnd;

  constructor(shown: SnapshotEnd) {
    this.#shown = shown;
    this.note(shown);
  }

  /** What the leader's store shows, flushed. */
  get shown(): SnapshotEnd {
    return this.#shown;
  }

  note(shown: SnapshotEnd): void {
    this.#shown = shown;
    this.#own.set(shown.applied, shown.digest);
    if (this.#own.size <= rememberedMax) return;
    const [oldest] = this.#own.keys();
    if (oldest !== undefined) this.#own.delete(oldest);
  }

  /** Undefined while there was no common applied mark to compare at. */
  matches(id: NodeId): boolean | undefined {
    return this.#matches.get(id);
  }

  /** True when the stores are seen to differ for the first time since they were seen equal. */
  compare(id: NodeId, store: { applied: Sequence; digest: Digest }): boolean {
    const own = this.#own.get(store.applied);
    if (own === undefined || store.digest === "") return false;
    const before = this.#matches.get(id);
    this.#matches.set(id, own === store.digest);
    return own !== store.digest && before !== false;
  }
}
