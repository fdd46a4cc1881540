/** Reads at a follower: a consistent prefix of the history, as new as the query asks for. */
import { type Failed, type Result, succeeded } from "../../../errors.ts";
import type { Follower } from "../../../replication/follower/follower.ts";
import type { Instant, Sequence } from "../../../replication/types.ts";
import type {
  Consistency,
  KeyPage,
  KeysView,
  KeyValue,
  ListQuery,
  ReadManyQuery,
  ReadQuery,
} from "../../api.ts";
import { keysView } from "../../keys-view.ts";
import { listStore } from "../../list.ts";
import type { NodeParts } from "../../parts.ts";
import { notFound, recovering, replacingReason } from "../../refusals.ts";
import { Waiting, whenReached } from "../../waiting.ts";
import type { WatchHandle, WatchQuery } from "../../watch-query.ts";
import { ReadMarks } from "./read-marks.ts";

/** Answers reads from the store, and refuses them while the store is not the cluster's. */
export class FollowerReads {
  readonly #parts: NodeParts;
  readonly #core: Follower;
  /** Reads that wait until this node has applied far enough. */
  readonly #applying: Waiting;
  readonly #marks: ReadMarks;

  constructor(parts: NodeParts, core: Follower) {
    this.#parts = parts;
    this.#core = core;
    this.#applying = new Waiting(parts.options.clock);
    this.#marks = new ReadMarks(parts, core);
  }

  /** How many reads wait. */
  get waiting(): number {
    return this.#applying.size + this.#marks.waiting;
  }

  /** Waits up to TIMEOUT until `minVersion`, and the leader's mark if it must be linearizable, are applied. */
  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    const { key, minVersion = 0, consistency } = query;
    return this.#when({ minVersion, consistency }, () => {
      const record = this.#parts.options.storage.get(key);
      return record === undefined ? notFound(key) : succeeded(record);
    });
  }

  /** The same for several keys, as of the applied mark. */
  readMany(query: ReadManyQuery): Result<KeysView> | Promise<Result<KeysView>> {
    const { keys, minVersion = 0, consistency } = query;
    const { storage } = this.#parts.options;
    return this.#when({ minVersion, consistency }, () =>
      keysView(keys, storage.summary().applied, (key) => storage.get(key)),
    );
  }

  /** The same for a page. RECOVERING while the store is being replaced. */
  list(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    const { consistency } = query;
    return this.#when({ minVersion: 0, consistency }, () =>
      succeeded(listStore(this.#parts.options.storage, query)),
    );
  }

  #when<T>(
    wanted: { minVersion: Sequence; consistency: Consistency | undefined },
    read: () => Result<T>,
  ): Result<T> | Promise<Result<T>> {
    const { config, clock } = this.#parts.options;
    const until = clock.now() + config.timeout;
    const readAt = (sequence: Sequence) => this.#whenApplied({ sequence, until }, read);
    const { minVersion, consistency } = wanted;
    if (this.#core.replacing || consistency !== "linearizable") return readAt(minVersion);
    return this.#marks.whenMarked(until, (mark) => readAt(Math.max(minVersion, mark)));
  }

  #whenApplied<T>(
    { sequence, until }: { sequence: Sequence; until: Instant },
    read: () => Result<T>,
  ): Result<T> | Promise<Result<T>> {
    if (this.#core.replacing) return recovering(replacingReason);
    if (sequence <= this.#core.applied) return read();
    return whenReached(this.#applying, sequence, {
      timeoutMs: until - this.#parts.options.clock.now(),
      again: () => (this.#core.replacing ? recovering(replacingReason) : read()),
      expired: () => this.#notYet(sequence),
    });
  }

  #notYet(version: Sequence): Failed {
    return recovering(`this node has applied ${this.#core.applied}, not yet ${version}`);
  }

  /** The leader's answer to a question of this node. */
  marked(number: number, mark: Sequence): void {
    this.#marks.told(number, mark);
  }

  /** See KvNode.watch. */
  watch(query: WatchQuery): Result<WatchHandle> {
    return this.#core.replacing ? recovering(replacingReason) : this.#parts.watches.add(query);
  }

  /** The store shows everything up to here: reads that waited for it are tried again. */
  applied(through: Sequence): void {
    this.#applying.reachAll(through);
  }

  /** Answers the reads that wait: the node closes. */
  close(): void {
    this.#marks.close();
    this.#applying.expireAll();
  }
}
