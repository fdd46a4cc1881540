import { type Failed, type Result, succeeded } from "../errors.ts";
import type { Leader } from "../replication/leader.ts";
import type { Sequence } from "../replication/types.ts";
import type { KeyPage, KeyValue, ListQuery, ReadQuery } from "./api.ts";
import { listSettled } from "./list.ts";
import type { Storage } from "./ports.ts";
import { notFound, overloaded, recovering } from "./refusals.ts";
import { type Waiting, waitingMax } from "./waiting.ts";

/** Reads at the leader: of each key the newest settled write, applied or not. */
export class LeaderReads {
  readonly #core: Leader;
  readonly #storage: Storage;
  readonly #settling: Waiting;
  readonly #timeoutMs: number;
  readonly #isOver: () => boolean;

  constructor(parts: {
    core: Leader;
    storage: Storage;
    /** Those who wait until one entry is settled. */
    settling: Waiting;
    timeoutMs: number;
    /** This node leads no more. */
    isOver: () => boolean;
  }) {
    this.#core = parts.core;
    this.#storage = parts.storage;
    this.#settling = parts.settling;
    this.#timeoutMs = parts.timeoutMs;
    this.#isOver = parts.isOver;
  }

  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    const blocked = this.#notReading();
    if (blocked !== undefined) return blocked;
    const { key, minVersion } = query;
    if (minVersion !== undefined && !this.#core.ledger.isSettled(minVersion))
      return this.#afterSettled(minVersion, () => this.read(query));
    const sight = this.#core.overlay.readView(key);
    if (sight.type === "unsure") return this.#afterSettled(sight.sequence, () => this.read(query));
    if (sight.type === "pending") {
      const { value, sequence } = sight.write;
      return value === undefined ? notFound(key) : succeeded({ key, value, version: sequence });
    }
    const record = this.#storage.get(key);
    return record === undefined ? notFound(key) : succeeded(record);
  }

  list(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    const blocked = this.#notReading();
    if (blocked !== undefined) return blocked;
    const unsure = this.#core.overlay.unsureThrough();
    if (unsure > 0) return this.#afterSettled(unsure, () => this.list(query));
    const page = listSettled(this.#storage, this.#core.overlay, query);
    // Whatever is committed is settled, and so on the page, be it applied or not.
    return succeeded({ ...page, sequence: this.#core.committed });
  }

  /** Before a reign is established, nobody knows what was answered in the one before. */
  #notReading(): Failed | undefined {
    const reason = this.#isOver() ? "this reign is over" : this.#core.notReady;
    return reason === undefined ? undefined : recovering(`the leader is not ready: ${reason}`);
  }

  #afterSettled<T>(
    sequence: Sequence,
    again: () => Result<T> | Promise<Result<T>>,
  ): Promise<Result<T>> {
    return new Promise((resolve) => {
      if (this.#settling.size >= waitingMax) {
        resolve(overloaded(`${waitingMax} calls already wait`));
        return;
      }
      this.#settling.add(sequence, {
        timeoutMs: this.#timeoutMs,
        reached: () => resolve(again()),
        expired: () => resolve(recovering(`entry ${sequence} was not settled in time`)),
      });
    });
  }
}
