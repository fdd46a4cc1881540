/** Reads at the leader. By default they are linearizable: they show every write that was answered before. */
import { type Failed, type Result, succeeded } from "../../../errors.ts";
import type { Leader } from "../../../replication/leader/leader.ts";
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
import { listSettled } from "../../list.ts";
import type { NodeParts } from "../../parts.ts";
import { noLeader, notFound, recovering, replacingReason } from "../../refusals.ts";
import { type Waiting, whenReached } from "../../waiting.ts";
import type { ReadRounds } from "./read-rounds.ts";

/** Answers reads with the newest settled write of each key, applied or not. */
export class LeaderReads {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #settling: Waiting;
  readonly #committing: Waiting;
  readonly #confirming: ReadRounds;

  constructor(owner: {
    parts: NodeParts;
    core: Leader;
    /** Calls that wait until one entry is settled. */
    settling: Waiting;
    /** Calls that wait until the log is committed so far. */
    committing: Waiting;
    confirming: ReadRounds;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#settling = owner.settling;
    this.#committing = owner.committing;
    this.#confirming = owner.confirming;
  }

  /**
   * Linearizable: waits up to TIMEOUT until it is certain which write of the key is the newest settled one.
   * Local: the newest one that this node knows to be settled.
   */
  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    if (this.#isLocal(query)) return this.#localNow() ?? this.#readNow(query, "local");
    const read = () => this.#readNow(query, "linearizable");
    return this.#notReading() ?? this.#confirming.whenConfirmed(read);
  }

  #readNow(query: ReadQuery, as: Consistency): Result<KeyValue> | Promise<Result<KeyValue>> {
    const { key, minVersion } = query;
    const again = () => (as === "local" ? this.read(query) : this.#readNow(query, as));
    if (minVersion !== undefined && !this.#core.ledger.isSettled(minVersion))
      return this.#afterSettled(minVersion, again);
    const { overlay } = this.#core;
    const view = as === "local" ? overlay.settledView(key) : overlay.readView(key);
    if (view.type === "unsure") return this.#afterSettled(view.sequence, again);
    if (view.type === "pending") {
      const { value, sequence } = view.write;
      return value === undefined ? notFound(key) : succeeded({ key, value, version: sequence });
    }
    const record = this.#parts.options.storage.get(key);
    return record === undefined ? notFound(key) : succeeded(record);
  }

  /**
   * Several keys as of the committed mark, once that covers `minVersion` and, for a linearizable view, the highest entry
   * that anybody may have been answered.
   */
  readMany(query: ReadManyQuery): Result<KeysView> | Promise<Result<KeysView>> {
    const { minVersion = 0 } = query;
    const { clock, config } = this.#parts.options;
    const until = clock.now() + config.timeout;
    if (this.#isLocal(query))
      return this.#localNow() ?? this.#viewFrom({ query, mark: minVersion, until });
    const read = () => {
      const mark = Math.max(minVersion, this.#core.ledger.readMark);
      return this.#viewFrom({ query, mark, until });
    };
    return this.#notReading() ?? this.#confirming.whenConfirmed(read);
  }

  /** A view at this mark or later. No later leader has anything else below the committed mark: rule 5 of DESIGN.md. */
  #viewFrom(from: {
    query: ReadManyQuery;
    mark: Sequence;
    until: Instant;
  }): Result<KeysView> | Promise<Result<KeysView>> {
    const { query, mark, until } = from;
    const view = () => this.#viewAt(query, this.#core.committed);
    if (this.#core.committed >= mark) return view();
    return whenReached(this.#committing, mark, {
      timeoutMs: until - this.#parts.options.clock.now(),
      again: view,
      expired: () => recovering(`the log was not committed up to entry ${mark} in time`),
    });
  }

  #viewAt(query: ReadManyQuery, mark: Sequence): Result<KeysView> {
    const { overlay } = this.#core;
    return keysView(query.keys, mark, (key) => {
      const write = overlay.newestThrough(key, mark);
      if (write === undefined) return this.#parts.options.storage.get(key);
      const { value, sequence: version } = write;
      return value === undefined ? undefined : { key, value, version };
    });
  }

  /** A page with every write that was answered before this call, or a local one. */
  list(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    if (this.#isLocal(query)) return this.#localNow() ?? succeeded(this.#page(query));
    return this.#notReading() ?? this.#confirming.whenConfirmed(() => this.#listNow(query));
  }

  #listNow(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    const blocked = this.#notReading();
    if (blocked !== undefined) return blocked;
    const unsure = this.#core.overlay.unsureThrough();
    if (unsure > 0) return this.#afterSettled(unsure, () => this.#listNow(query));
    return succeeded(this.#page(query));
  }

  #page(query: ListQuery): KeyPage {
    const page = listSettled(this.#parts.options.storage, this.#core.overlay, query);
    // Whatever is committed is settled, and therefore on the page whether it is applied or not.
    return { ...page, sequence: this.#core.committed };
  }

  /** What a query does not say follows from the role: a candidate answers as a follower does. */
  #isLocal({ consistency }: { readonly consistency?: Consistency | undefined }): boolean {
    return consistency === undefined ? this.#isCandidate : consistency === "local";
  }

  get #isCandidate(): boolean {
    return this.#parts.options.config.failover && this.#core.notReady !== undefined;
  }

  /** Why not even what this node has may be read. */
  #localNow(): Failed | undefined {
    if (this.#core.hardState.foreign === true) return recovering(replacingReason);
    return this.#isCandidate ? undefined : this.#notReading();
  }

  /** Before its epoch is established, a leader does not know which writes were answered before. */
  #notReading(): Failed | undefined {
    if (this.#isCandidate) return noLeader();
    const reason = this.#parts.lifetime.ended ?? this.#core.notReady;
    return reason === undefined ? undefined : recovering(`the leader is not ready: ${reason}`);
  }

  /** Tries again once the entry is settled. */
  #afterSettled<T>(
    sequence: Sequence,
    again: () => Result<T> | Promise<Result<T>>,
  ): Promise<Result<T>> {
    return whenReached(this.#settling, sequence, {
      timeoutMs: this.#parts.options.config.timeout,
      again,
      expired: () => recovering(`entry ${sequence} was not settled in time`),
    });
  }
}
