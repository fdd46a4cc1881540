/** Reads at a follower: a consistent prefix of the history, as new as `minVersion` asks for. */
import { type Failed, type Result, succeeded } from "../../../errors.ts";
import type { Follower } from "../../../replication/follower/follower.ts";
import type { Sequence } from "../../../replication/types.ts";
import type {
  KeyPage,
  KeyValue,
  ListQuery,
  ReadQuery,
  WatchHandle,
  WatchQuery,
} from "../../api.ts";
import { listStore } from "../../list.ts";
import type { NodeParts } from "../../parts.ts";
import { notFound, recovering } from "../../refusals.ts";
import { Waiting, whenReached } from "../../waiting.ts";

/** Why nothing is read from a store that is not a prefix of the cluster's history. */
export const replacingReason =
  "this node's store is not part of the cluster's history: a snapshot is replacing it";

/** Answers reads from the store, and refuses them while the store is not the cluster's. */
export class FollowerReads {
  readonly #parts: NodeParts;
  readonly #core: Follower;
  /** Reads that wait until this node has applied far enough. */
  readonly #applying: Waiting;

  constructor(parts: NodeParts, core: Follower) {
    this.#parts = parts;
    this.#core = core;
    this.#applying = new Waiting(parts.options.clock);
  }

  /** How many reads wait. */
  get waiting(): number {
    return this.#applying.size;
  }

  /** Waits up to TIMEOUT until `minVersion` is applied. */
  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    const { key, minVersion } = query;
    if (this.#core.replacing) return recovering(replacingReason);
    if (minVersion !== undefined && minVersion > this.#core.applied)
      return whenReached(this.#applying, minVersion, {
        timeoutMs: this.#parts.options.config.timeout,
        again: () => this.read({ key }),
        expired: () => this.#notYet(minVersion),
      });
    const record = this.#parts.options.storage.get(key);
    return record === undefined ? notFound(key) : succeeded(record);
  }

  #notYet(version: Sequence): Failed {
    return recovering(`this node has applied ${this.#core.applied}, not yet ${version}`);
  }

  /** RECOVERING while the store is being replaced. */
  list(query: ListQuery): Result<KeyPage> {
    if (this.#core.replacing) return recovering(replacingReason);
    return succeeded(listStore(this.#parts.options.storage, query));
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
    this.#applying.expireAll();
  }
}
