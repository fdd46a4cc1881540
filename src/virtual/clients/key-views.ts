/** Several keys in one view, and what transactions rested on: checked against the one history, and each other. */
import type { Result } from "../../errors.ts";
import type { KeysView, WriteReceipt, WriteRequest } from "../../node/api.ts";
import type { Entry, Operation, Sequence } from "../../replication/types.ts";
import { findAnomaly, type Transaction } from "../linearizability/transactions.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { Violation } from "../world/violation.ts";
import { fleetingKeys } from "./client-keys.ts";

interface Seen {
  /** The state after this entry. */
  readonly at: Sequence;
  readonly key: string;
  readonly version: Sequence;
  readonly value?: string | undefined;
  readonly by: string;
}

const isFleeting = ({ key }: Operation): boolean => fleetingKeys.some((one) => one === key);

export class KeyViews {
  readonly #cluster: VirtualCluster;
  /** Seen of entries that no node had applied yet. */
  #pending: Seen[] = [];
  #transactions: Transaction[] = [];
  #admitted = 0;
  /** The highest place of a view that showed what lies there: it may not vanish any more. */
  #shownThrough: Sequence = 0;

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
  }

  /** A write goes out, not one with quorum 0 that a failover may lose. */
  write(request: WriteRequest): { told: (result: Result<WriteReceipt>) => void } {
    const invokedAt = this.#cluster.time.now();
    return {
      told: (result) => {
        const isRefused = !result.ok && result.failure.code === "VERSION_MISMATCH";
        const index = isRefused ? result.failure.members?.["index"] : undefined;
        const { coverage } = this.#cluster;
        if (typeof index === "number" && request.operations[index]?.isCheck === true)
          coverage.met("check refused");
        if (!result.ok) return;
        const { operations } = request;
        if (operations.some(({ isCheck }) => isCheck === true))
          coverage.met("transaction with a check settled");
        const returnedAt = this.#cluster.time.now();
        this.wrote(request, result.value.version, { invokedAt, returnedAt });
      },
    };
  }

  /** A write has settled with this version, within this span: from the first try until the first answer. */
  wrote(
    { operations }: WriteRequest,
    version: Sequence,
    span: { invokedAt: number; returnedAt: number },
  ): void {
    const own = new Set<string>();
    const seen: { key: string; version: Sequence }[] = [];
    for (const { key, ifVersion, isCheck } of operations) {
      if (ifVersion !== undefined && !own.has(key)) seen.push({ key, version: ifVersion });
      if (isCheck !== true) own.add(key);
    }
    for (const one of seen)
      this.#look({ ...one, at: version - 1, by: `the condition of ${version}` });
    const writes = operations
      .filter(({ isCheck }) => isCheck !== true)
      .map(({ key, value }) => ({ key, isDeletion: value === undefined }));
    this.#note({ ...span, place: version, seen, writes });
  }

  /** A linearizable view is asked for. */
  read(by: string): { told: (result: Result<KeysView>, keys: readonly string[]) => void } {
    const invokedAt = this.#cluster.time.now();
    return {
      told: (result, keys) => {
        if (!result.ok) return;
        this.shown(by, result.value, keys);
        const { entries, sequence } = result.value;
        const place = this.#lasting(by, sequence, keys);
        const seen = keys.map((key, at) => ({ key, version: entries[at]?.version ?? 0 }));
        const returnedAt = this.#cluster.time.now();
        this.#note({ invokedAt, returnedAt, place, seen, writes: [] });
      },
    };
  }

  /** Any view is exactly what one prefix of the history left. */
  shown(by: string, { entries, sequence }: KeysView, keys: readonly string[]): void {
    const place = this.#lasting(by, sequence, keys);
    for (const [at, key] of keys.entries()) {
      const { version = 0, value } = entries[at] ?? {};
      this.#look({ at: place, key, version, value, by: `a view on ${by}` });
    }
  }

  /**
   * The same state by a place that stays: nobody has applied the entries above it, and the design admits that they are
   * lost. Whoever leads next has other entries there.
   */
  #lasting(by: string, sequence: Sequence, keys: readonly string[]): Sequence {
    const { history } = this.#cluster;
    const log = this.#cluster.member(by).disk.look();
    let place = sequence;
    while (place > Math.max(history.length, this.#shownThrough)) {
      const [entry] = log.readLog(place, { entriesMax: 1, bytesMax: Number.MAX_SAFE_INTEGER });
      if (entry?.sequence !== place || !this.#mayVanish(entry, keys)) break;
      place -= 1;
    }
    this.#shownThrough = Math.max(this.#shownThrough, place);
    return place;
  }

  /** A failover may lose what has quorum 0; without one, a lost disk a new entry that nobody saw, these keys left aside. */
  #mayVanish({ sequence, epoch, origin, operations }: Entry, keys: readonly string[]): boolean {
    const { failover, history } = this.#cluster;
    if (failover) return operations.every(isFleeting);
    const isSeen = history.isKnown(sequence) || operations.some(({ key }) => keys.includes(key));
    return epoch === origin && !isSeen;
  }

  #note(one: Omit<Transaction, "client">): void {
    this.#forgetLost();
    this.#transactions.push({ ...one, client: String(this.#transactions.length) });
  }

  #look(seen: Seen): void {
    this.#forgetLost();
    if (seen.at > this.#cluster.history.length) this.#pending.push(seen);
    else this.#mustBe(seen);
  }

  #mustBe({ at, key, version, value, by }: Seen): void {
    const found = this.#cluster.history.at(at, key);
    if (version === (found?.version ?? 0) && (value ?? found?.value) === found?.value) return;
    throw new Violation(
      `${by} shows ${key} at ${version} after entry ${at}, it is at ${found?.version ?? 0}`,
    );
  }

  /** After a loss that the design admits, another history goes on. */
  #forgetLost(): void {
    const { admitted } = this.#cluster.history;
    if (admitted === this.#admitted) return;
    this.#admitted = admitted;
    this.#pending = [];
    this.#transactions = [];
    this.#shownThrough = 0;
  }

  /** Checks what was seen of entries that some node has applied since. */
  look(): void {
    this.#forgetLost();
    const { length } = this.#cluster.history;
    const known = this.#pending.filter(({ at }) => at <= length);
    if (known.length === 0) return;
    this.#pending = this.#pending.filter(({ at }) => at > length);
    for (const seen of known) this.#mustBe(seen);
  }

  /** All is quiet: what was seen is in the history, and one order explains all of it. */
  finish(): void {
    this.#forgetLost();
    for (const seen of this.#pending) this.#mustBe(seen);
    const anomaly = findAnomaly(this.#transactions);
    if (anomaly !== undefined) throw new Violation(`transactions: ${anomaly}`);
  }
}
