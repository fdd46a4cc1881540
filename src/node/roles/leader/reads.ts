/** Reads at the leader are linearizable per key: they show every write that was answered before. */
import { type Failed, type Result, succeeded } from "../../../errors.ts";
import type { Leader } from "../../../replication/leader/leader.ts";
import type { Sequence } from "../../../replication/types.ts";
import type { KeyPage, KeyValue, ListQuery, ReadQuery } from "../../api.ts";
import { listSettled } from "../../list.ts";
import type { NodeParts } from "../../parts.ts";
import { notFound, recovering } from "../../refusals.ts";
import { type Waiting, whenReached } from "../../waiting.ts";
import type { ReadRounds } from "./read-rounds.ts";

/** Answers reads with the newest settled write of each key, applied or not. */
export class LeaderReads {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #settling: Waiting;
  readonly #confirming: ReadRounds;

  constructor(owner: {
    parts: NodeParts;
    core: Leader;
    /** Calls that wait until one entry is settled. */
    settling: Waiting;
    confirming: ReadRounds;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#settling = owner.settling;
    this.#confirming = owner.confirming;
  }

  /** Waits up to TIMEOUT until it is certain which write of the key is the newest settled one. */
  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    return this.#notReading() ?? this.#confirming.whenConfirmed(() => this.#readNow(query));
  }

  #readNow(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    const blocked = this.#notReading();
    if (blocked !== undefined) return blocked;
    const { key, minVersion } = query;
    if (minVersion !== undefined && !this.#core.ledger.isSettled(minVersion))
      return this.#afterSettled(minVersion, () => this.#readNow(query));
    const view = this.#core.overlay.readView(key);
    if (view.type === "unsure")
      return this.#afterSettled(view.sequence, () => this.#readNow(query));
    if (view.type === "pending") {
      const { value, sequence } = view.write;
      return value === undefined ? notFound(key) : succeeded({ key, value, version: sequence });
    }
    const record = this.#parts.options.storage.get(key);
    return record === undefined ? notFound(key) : succeeded(record);
  }

  /** A page with every write that was answered before this call. */
  list(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    return this.#notReading() ?? this.#confirming.whenConfirmed(() => this.#listNow(query));
  }

  #listNow(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    const blocked = this.#notReading();
    if (blocked !== undefined) return blocked;
    const unsure = this.#core.overlay.unsureThrough();
    if (unsure > 0) return this.#afterSettled(unsure, () => this.#listNow(query));
    const page = listSettled(this.#parts.options.storage, this.#core.overlay, query);
    // Whatever is committed is settled, and therefore on the page whether it is applied or not.
    return succeeded({ ...page, sequence: this.#core.committed });
  }

  /** Before its epoch is established, a leader does not know which writes were answered before. */
  #notReading(): Failed | undefined {
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
