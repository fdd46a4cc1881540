/** Clients that write. What they are told is checked at once, or noted for the end. */
import type { Result } from "../../errors.ts";
import type { WriteReceipt, WriteRequest } from "../../node/api.ts";
import type { NodeId, Sequence } from "../../replication/types.ts";
import type { Observed } from "../checks/observed.ts";
import type { Process, VirtualCluster } from "../world/cluster.ts";
import type { Situation } from "../world/coverage.ts";
import { drawQuorum } from "../world/settings.ts";
import { Violation } from "../world/violation.ts";
import type { Calls } from "./calls.ts";
import { fleetingKeys, keys } from "./client-keys.ts";
import type { KeyViews } from "./key-views.ts";
import { KeyedWrites } from "./keyed-writes.ts";

/** So long after its deadline a writer is answered at the latest: a handover, on a slow clock. */
const lateMsMax = 1_000;

/** A write of a scene. */
export interface Write {
  readonly key: string;
  /** Conditional on what is proposed or settled. */
  readonly resting?: boolean;
  readonly quorum?: number;
  readonly timeoutMs?: number;
  /** Nothing happens that could make its outcome unknown. */
  readonly certain?: boolean;
}

export class Writers {
  readonly #cluster: VirtualCluster;
  readonly #calls: Calls;
  readonly #observed: Observed;
  readonly #views: KeyViews;
  readonly #keyed: KeyedWrites;
  #written = 0;
  #expected: {
    readonly process: Process | undefined;
    readonly at: number;
    readonly last: Sequence;
    readonly versions: Map<string, Sequence>;
  } = { process: undefined, at: 0, last: 0, versions: new Map() };
  /** No further write goes out. */
  isOver = () => false;
  /** The highest version that a writer was told of. */
  newest: Sequence = 0;

  constructor(parts: {
    cluster: VirtualCluster;
    calls: Calls;
    observed: Observed;
    views: KeyViews;
  }) {
    this.#cluster = parts.cluster;
    this.#calls = parts.calls;
    this.#observed = parts.observed;
    this.#views = parts.views;
    this.#keyed = new KeyedWrites(parts.cluster);
  }

  /** Some writes at once. */
  burst(): void {
    const { chance } = this.#cluster;
    for (let left = chance.happens(0.01) ? 60 : chance.pick([1, 1, 1, 5]); left > 0; left -= 1)
      this.#writeSomething();
  }

  #writeSomething(): void {
    const { chance, settings } = this.#cluster;
    const quorum = chance.happens(0.3) ? drawQuorum(chance, settings.followers) : undefined;
    const keys = this.#keysFor(quorum);
    const first = chance.whole(0, keys.length - 1);
    const size = chance.pick([1, 1, 1, 1, 3]);
    const operations = Array.from({ length: size }, (_, index) => {
      const key = keys[(first + index) % keys.length] ?? "a1";
      this.#written += 1;
      const value = chance.happens(0.15) ? undefined : JSON.stringify(this.#written);
      const ifVersion = chance.happens(0.3) ? this.#guessVersion(key) : undefined;
      return { key, value, ifVersion };
    });
    const checks = chance.happens(0.2) ? this.#drawChecks(keys) : [];
    if (quorum !== undefined && quorum < settings.writeQuorum)
      this.#cluster.coverage.met("write with a quorum below the usual one");
    const isBatch = operations.length + checks.length > 1;
    const timeoutMs = chance.pick([20, 300, 2_000]);
    const request = { operations: [...checks, ...operations], isBatch, quorum, timeoutMs };
    // With quorum 0 a failover may lose what a writer was told of.
    if (quorum !== 0 && chance.happens(0.15)) this.#writeRepeatedly(request);
    else this.submit(request);
  }

  /** Sends a write again: at once, or later and at another node, whatever came of the first attempt. */
  #writeRepeatedly(request: WriteRequest): void {
    const { chance, time, ids } = this.#cluster;
    const idempotency = this.#keyed.newKey();
    const keyed = { ...request, idempotency };
    const send = () => {
      if (this.isOver()) return;
      const to = chance.happens(0.2) ? chance.pick(ids) : this.#cluster.whoLeads();
      this.submitTo(to, { ...keyed, timeoutMs: chance.pick([20, 300, 2_000]) });
    };
    send();
    if (chance.happens(0.3)) send();
    for (let left = chance.whole(0, 3); left > 0; left -= 1)
      time.after(chance.between(0, chance.pick([20, 400, 1_500])), send);
    if (!chance.happens(0.1)) return;
    this.#written += 1;
    const operations = [{ key: chance.pick(keys), value: JSON.stringify(this.#written) }];
    const other = { key: idempotency.key, request: `other ${this.#written}` };
    const reuse = () => {
      if (!this.isOver()) this.submit({ operations, idempotency: other, timeoutMs: 300 });
    };
    time.after(chance.between(0, 400), reuse);
  }

  #drawChecks(keys: readonly string[]) {
    const { chance } = this.#cluster;
    return Array.from({ length: chance.pick([1, 1, 2]) }, () => {
      const key = chance.pick(keys);
      return { key, ifVersion: this.#guessVersion(key), isCheck: true };
    });
  }

  #keysFor(quorum: number | undefined): readonly string[] {
    return quorum === 0 && this.#cluster.failover ? fleetingKeys : keys;
  }

  /** A new value, or a deletion; `resting`: on the version proposed last, or the one settled last. */
  write(how: Write): void {
    const { chance } = this.#cluster;
    const { key, resting = false, quorum, timeoutMs = 1_000, certain = false } = how;
    this.#written += 1;
    const value = chance.happens(0.1) ? undefined : JSON.stringify(this.#written);
    const ifVersion = resting ? this.#newestVersion(key) : undefined;
    this.#expect(key);
    this.submit({ operations: [{ key, value, ifVersion }], quorum, timeoutMs }, (result) => {
      if (certain && !result.ok && result.failure.code === "OUTCOME_UNKNOWN")
        throw new Violation(`a write became unknown without cause: ${result.failure.detail}`);
    });
  }

  /** Which version a write of the present process should get, if none of its turn is refused. */
  #expect(key: string): void {
    const { time } = this.#cluster;
    const { process } = this.#cluster.member(this.#cluster.whoLeads());
    if (process === undefined) return;
    const { at, last, versions } = this.#expected;
    const same = this.#expected.process === process;
    const next = (same && at === time.now() ? last : process.node.position().last) + 1;
    const known = same ? versions : new Map<string, Sequence>();
    this.#expected = { process, at: time.now(), last: next, versions: known.set(key, next) };
  }

  #newestVersion(key: string): Sequence {
    const { chance } = this.#cluster;
    const { process, versions } = this.#expected;
    const present = this.#cluster.member(this.#cluster.whoLeads()).process;
    const isKnown = process !== undefined && process === present;
    const expected = isKnown && chance.happens(0.7) ? versions.get(key) : undefined;
    return expected ?? this.#readVersion(key);
  }

  writeChain(): void {
    const { chance } = this.#cluster;
    const key = chance.pick(keys);
    const last = this.#cluster.node(this.#cluster.whoLeads())?.position().last ?? 0;
    for (let link = 0; link < 6; link += 1) {
      this.#written += 1;
      const ifVersion = link === 0 ? undefined : last + link;
      const operations = [{ key, value: JSON.stringify(this.#written), ifVersion }];
      this.submit({ operations, timeoutMs: 300 });
    }
  }

  /** What a client might have read, or just written without having heard of it. */
  #guessVersion(key: string): number {
    const { chance, history } = this.#cluster;
    if (chance.happens(0.2)) return chance.whole(0, history.length + 3);
    const node = this.#cluster.node(this.#cluster.whoLeads());
    if (chance.happens(0.5) && node !== undefined) return node.position().last;
    return this.#readVersion(key);
  }

  #readVersion(key: string): Sequence {
    const { failover, history } = this.#cluster;
    if (failover) return history.at(history.length, key)?.version ?? 0;
    const read = this.#cluster.node(this.#cluster.leader)?.read({ key });
    if (read === undefined || read instanceof Promise || !read.ok) return 0;
    return read.value.version;
  }

  submit(request: WriteRequest, told?: (result: Result<WriteReceipt>) => void): void {
    this.submitTo(this.#cluster.whoLeads(), request, told);
  }

  submitTo(
    leader: NodeId,
    request: WriteRequest,
    told?: (result: Result<WriteReceipt>) => void,
  ): void {
    const { time, coverage, failover } = this.#cluster;
    const process = this.#cluster.member(leader).process;
    if (process === undefined || (process.node.role !== "leader" && !failover)) return;
    const isFleeting = failover && request.quorum === 0;
    const isKeyed = request.idempotency !== undefined;
    const keyed = isKeyed ? this.#keyed.send(request) : undefined;
    const call = isFleeting || isKeyed ? undefined : this.#calls.write(request);
    const views = isFleeting || isKeyed ? undefined : this.#views.write(request);
    this.#observed.asked(request);
    const alive = () => this.#cluster.member(leader).process === process;
    let answers = 0;
    process.shown.submit(request, (result) => {
      answers += 1;
      if (answers > 1) throw new Violation("a writer was answered twice");
      if (!alive()) return;
      // Whom no settings name any more may refuse for a reason that is out of date.
      if (!failover && leader !== this.#cluster.leader && !result.ok) return;
      if (failover && result.ok && process.node.leader !== leader)
        throw new Violation(`${leader} settled ${result.value.version} although it leads no more`);
      keyed?.told(result);
      call?.told(result);
      views?.told(result);
      this.#wasTold(leader, request, result);
      told?.(result);
    });
    const look = () => {
      if (answers > 0) return;
      const frozenMs = process.clock.frozenUntil + lateMsMax - time.now();
      if (alive() && frozenMs > 1) {
        time.after(frozenMs, look);
        return;
      }
      if (alive()) throw new Violation("a writer was never answered");
      coverage.met("writer left without an answer by a crash");
    };
    time.after((request.timeoutMs ?? 2_000) + lateMsMax, look);
  }

  #wasTold(leader: NodeId, request: WriteRequest, result: Result<WriteReceipt>): void {
    const { coverage } = this.#cluster;
    if (result.ok) this.newest = Math.max(this.newest, result.value.version);
    coverage.met(result.ok ? "settled" : (result.failure.code as Situation));
    this.#observed.told(leader, request, result);
  }

  /** All is quiet: what was sent again fits together. */
  finish(): void {
    this.#keyed.finish(this.#calls, this.#views);
  }
}
