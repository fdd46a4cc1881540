import { hiddenOperationsMax, hiddenPrefix, isHidden, recordKeyOf } from "../hidden-keys.ts";
import type { Limits } from "../limits.ts";
import type { Entry, Instant, Sequence } from "../types.ts";
import type { StoreView } from "../views.ts";
import type { Overlay } from "./overlay.ts";
import type { Idempotency, KeyReuse, RepeatedWrite, WishedOperation } from "./proposal.ts";

/** Records of the store that are looked at in one step. */
const pageRecords = 1_000;
/** A write with a key forgets more records than it adds, so their number falls back to its bound. */
const forgottenMax = hiddenOperationsMax - 1;

interface Known {
  readonly sequence: Sequence;
  /** This leader proposed it then, or began to lead. */
  readonly since: Instant;
}

/**
 * Writes with an idempotency key. Each has a record in its own entry, under a hidden key, so that whoever holds the
 * entry knows of it. Here is only the order in which records are forgotten; what is remembered is what the log and
 * the store say.
 */
export class Remembered {
  readonly #store: StoreView;
  readonly #limits: Limits;
  /** By hidden key, oldest first. */
  #known = new Map<string, Known>();
  /** The store is still being looked through: nothing is forgotten before that is done. */
  #scan: { found: [string, Known][]; after: string; since: Instant } | undefined;

  constructor(store: StoreView, limits: Limits) {
    this.#store = store;
    this.#limits = limits;
  }

  /** This node begins to lead. How old records are it does not know: from now on they are kept for the whole time. */
  begin(overlay: Overlay, now: Instant): void {
    this.#known = new Map();
    this.#scan = { found: [], after: hiddenPrefix, since: now };
    this.scanOn(overlay);
  }

  /** Looks at the next records of the store. */
  scanOn(overlay: Overlay): void {
    if (this.#scan === undefined) return;
    const { found, after, since } = this.#scan;
    const page = this.#store.list({ prefix: hiddenPrefix, after, limit: pageRecords });
    // What is written above the store is noted by itself.
    for (const { key, version: sequence } of page)
      if (overlay.newestProposed(key) === undefined && !this.#known.has(key))
        found.push([key, { sequence, since }]);
    const last = page.at(-1);
    if (page.length === pageRecords && last !== undefined) {
      this.#scan = { found, after: last.key, since };
      return;
    }
    found.sort(([, left], [, right]) => left.sequence - right.sequence);
    this.#known = new Map([...found, ...this.#known]);
    this.#scan = undefined;
  }

  /** The entry is proposed, or inherited. */
  note({ sequence, operations }: Entry, now: Instant): void {
    for (const { key, value } of operations) {
      if (!isHidden(key)) continue;
      this.#known.delete(key);
      if (value !== undefined) this.#known.set(key, { sequence, since: now });
    }
  }

  /** What a write with that key was, by the newest proposed write of its record; undefined: it is a new one. */
  find({ key, request }: Idempotency, overlay: Overlay): RepeatedWrite | KeyReuse | undefined {
    const hidden = recordKeyOf(key);
    const pending = overlay.newestProposed(hidden);
    const stored = pending === undefined ? this.#store.get(hidden) : undefined;
    const value = pending === undefined ? stored?.value : pending.value;
    if (value === undefined) return undefined;
    const sequence = pending?.sequence ?? stored?.version ?? 0;
    const record = readRecord(value);
    if (record.request === request) return { sequence, quorum: record.quorum };
    return { reason: "keyReused", key, after: pending?.settled === false ? sequence : 0 };
  }

  /** The operations that remember the write, and forget others, in its own entry. */
  operations(
    { key, request }: Idempotency,
    { quorum, now, applied }: { quorum: number; now: Instant; applied: Sequence },
  ): readonly WishedOperation[] {
    const value = JSON.stringify({ request, quorum });
    // The condition keeps a recovery from bringing an earlier attempt back beside this one.
    const remember = { key: recordKeyOf(key), value, ifVersion: 0 };
    return [...this.#forgettable(now, applied).map((old) => ({ key: old })), remember];
  }

  #forgettable(now: Instant, applied: Sequence): readonly string[] {
    const { rememberMs, rememberedMax } = this.#limits;
    const forgotten: string[] = [];
    if (this.#scan !== undefined) return forgotten;
    for (const [key, { sequence, since }] of this.#known) {
      const isSurplus = this.#known.size - forgotten.length >= rememberedMax;
      const isOld = now - since >= rememberMs;
      if (forgotten.length === forgottenMax || sequence > applied) break;
      if (!isOld && !isSurplus) break;
      forgotten.push(key);
    }
    return forgotten;
  }
}

/** Whatever else is stored under such a key, by an earlier version, is the record of no request. */
function readRecord(value: string): { request: string; quorum: number } {
  const record: unknown = JSON.parse(value);
  if (typeof record === "object" && record !== null && "request" in record && "quorum" in record) {
    const { request, quorum } = record;
    if (typeof request === "string" && typeof quorum === "number") return { request, quorum };
  }
  return { request: "", quorum: 0 };
}
