import type { Result } from "../../src/errors.ts";
import type { KeyPage, KeyValue, WriteReceipt, WriteRequest } from "../../src/node/api.ts";
import type { Node } from "../../src/node/roles/node.ts";
import type { NodeId, Sequence } from "../../src/replication/types.ts";
import { Calls } from "./calls.ts";
import type { Process, VirtualCluster } from "./cluster.ts";
import type { Situation } from "./coverage.ts";
import { drawQuorum } from "./faults.ts";
import { KeyViews } from "./key-views.ts";
import { KeyedWrites } from "./keyed-writes.ts";
import { Observed } from "./observed.ts";
import { Violation } from "./violation.ts";
import { Watcher } from "./watchers.ts";

const keys = ["a1", "a2", "a3", "b1", "b2", "b3"] as const;
/** Written with quorum 0, and by nothing else, where a failover may lose such writes. */
const fleetingKeys = ["z1", "z2"] as const;
/** So long after its deadline a writer is answered at the latest: a handover, on a slow clock. */
const lateMsMax = 1_000;
const everyKey = { prefix: "", limit: 1000 } as const;

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

/** Clients of a virtual cluster. What they are told is checked at once, or noted for the end. */
export class Clients {
  readonly #cluster: VirtualCluster;
  readonly calls: Calls;
  readonly #observed: Observed;
  readonly #views: KeyViews;
  readonly #keyed: KeyedWrites;
  readonly #watchers: readonly Watcher[];
  /** Processes that promised an answer. */
  readonly #promises = new Set<{ readonly id: NodeId; readonly process: Process }>();
  #written = 0;
  #expected: {
    readonly process: Process | undefined;
    readonly at: number;
    readonly last: Sequence;
    readonly versions: Map<string, Sequence>;
  } = { process: undefined, at: 0, last: 0, versions: new Map() };
  /** No further write goes out. */
  #isOver = () => false;
  answered = 0;
  /** The highest version that a writer was told of. */
  #newest: Sequence = 0;
  trace: (line: string) => void = () => {};

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
    this.calls = new Calls(() => cluster.time.now());
    this.#observed = new Observed(cluster);
    this.#views = new KeyViews(cluster);
    this.#keyed = new KeyedWrites(cluster);
    this.#watchers = ["", "a", "b1"].map((prefix) => new Watcher(cluster, prefix));
  }

  /** Writes and reads until `over` says that it is over. */
  begin(over: () => boolean): void {
    const { chance } = this.#cluster;
    this.#isOver = over;
    this.#repeat(
      over,
      () => chance.between(0, chance.pick([4, 40, 200])),
      () => this.#burst(),
    );
    this.beginReading(over);
  }

  beginReading(over: () => boolean): void {
    const { chance } = this.#cluster;
    this.#repeat(
      over,
      () => chance.between(0, 40),
      () => this.#readSomewhere(),
    );
    this.#repeat(
      over,
      () => chance.between(0, 120),
      () => this.#watchOn(),
    );
  }

  #repeat(over: () => boolean, pause: () => number, deed: () => void): void {
    const next = () => {
      if (over()) return;
      this.#cluster.time.after(pause(), next);
      deed();
    };
    this.#cluster.time.after(1, next);
  }

  // --- writes ----------------------------------------------------------------------------------

  #burst(): void {
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
      if (this.#isOver()) return;
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
      if (!this.#isOver()) this.submit({ operations, idempotency: other, timeoutMs: 300 });
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
    const call = isFleeting || isKeyed ? undefined : this.calls.write(request);
    const views = isFleeting || isKeyed ? undefined : this.#views.write(request);
    this.#observed.asked(request);
    const alive = () => this.#cluster.member(leader).process === process;
    let answers = 0;
    process.node.submit(request, (result) => {
      answers += 1;
      if (answers > 1) throw new Violation("a writer was answered twice");
      if (!alive()) return;
      // Whom no settings name any more may refuse for a reason that is out of date.
      if (!failover && leader !== this.#cluster.leader && !result.ok) return;
      this.answered += 1;
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
    if (result.ok) this.#newest = Math.max(this.#newest, result.value.version);
    coverage.met(result.ok ? "settled" : (result.failure.code as Situation));
    this.#observed.told(leader, request, result);
  }

  // --- reads -----------------------------------------------------------------------------------

  #readSomewhere(): void {
    const { chance, ids, leader, failover } = this.#cluster;
    const id = chance.happens(0.4) ? this.#cluster.whoLeads() : chance.pick(ids);
    const node = this.#cluster.node(id);
    if (node === undefined) return;
    const key = chance.pick(keys);
    if (chance.happens(0.2)) this.#readMany(id, node);
    else if (node.role !== "leader" && chance.happens(0.3)) {
      if (chance.happens(0.2)) this.#listLinearizably(id);
      else this.readLinearizably(id, key);
    } else if (failover ? node.role === "leader" : id === leader) {
      if (chance.happens(0.2)) this.#listLeader(id);
      else this.readLeader(key, id);
    } else if (chance.happens(0.1)) this.#listFollower(id);
    else this.#readFollower(id, key);
  }

  /** Tells the answer, at once or later, unless the process dies first. */
  #answer<T>(id: NodeId, answer: T | Promise<T>, told: (answer: T) => void): boolean {
    if (!(answer instanceof Promise)) {
      told(answer);
      return false;
    }
    const { leader, failover } = this.#cluster;
    this.whenKept(id, answer, (result) => {
      if (failover || leader === this.#cluster.leader) told(result);
    });
    return true;
  }

  /** Calls `told` with what the process of this node promised, unless it dies first. */
  whenKept<T>(id: NodeId, promise: Promise<T>, told: (kept: T) => void): void {
    const { process } = this.#cluster.member(id);
    if (process === undefined) return;
    const made = { id, process };
    this.#promises.add(made);
    void promise.then((kept) => {
      this.#promises.delete(made);
      if (this.#isAlive(made)) this.#guard(() => told(kept));
    });
  }

  #isAlive({ id, process }: { id: NodeId; process: Process }): boolean {
    return this.#cluster.member(id).process === process;
  }

  /** An answer is to come by a promise: it needs turns of the real event loop. */
  get isPromised(): boolean {
    for (const made of this.#promises) {
      if (this.#isAlive(made)) return true;
      this.#promises.delete(made);
    }
    return false;
  }

  /** What was found wrong inside a promise; the run looks after each turn. */
  wrong: Violation | undefined;

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.wrong ??= error instanceof Violation ? error : new Violation(String(error));
    }
  }

  readLeader(key: string, leader = this.#cluster.whoLeads()): void {
    const { coverage } = this.#cluster;
    if (this.#cluster.node(leader)?.role === "follower") return;
    const call = this.calls.read(key);
    const result = this.#cluster.node(leader)?.read({ key });
    if (result === undefined) return;
    const later = this.#answer(leader, result, (answer) => {
      call.told(answer);
      if (answer.ok || answer.failure.code === "KEY_NOT_FOUND")
        this.#observed.shown(leader, key, answer.ok ? answer.value : undefined);
    });
    coverage.met(later ? "leader read that waited" : "leader read");
  }

  /** Asks for all that was answered before, whatever the node's role. `told` hears whether it was answered. */
  readLinearizably(
    id: NodeId,
    key: string = keys[0],
    told: (isAnswered: boolean) => void = () => {},
  ): void {
    const node = this.#cluster.node(id);
    if (node === undefined || this.#isAstray(node)) return;
    const call = this.calls.read(key);
    const result = node.read({ key, consistency: "linearizable" });
    this.#answer(id, result, (answer) => {
      call.told(answer);
      const isAnswered = answer.ok || answer.failure.code === "KEY_NOT_FOUND";
      if (isAnswered && node.role === "follower")
        this.#cluster.coverage.met("linearizable read on a follower");
      told(isAnswered);
    });
  }

  /** Some keys in one view, linearizable or as far as the node is. */
  #readMany(id: NodeId, node: Node): void {
    const { chance, coverage, leader, failover } = this.#cluster;
    if (this.#isAstray(node) || (!failover && node.role === "leader" && id !== leader)) return;
    const first = chance.whole(0, keys.length - 1);
    const wanted = Array.from(
      { length: chance.whole(2, 6) },
      (_, at) => keys[(first + at) % keys.length] ?? "a1",
    );
    const consistency = chance.pick(["linearizable", "linearizable", "local"] as const);
    const call = this.calls.list(wanted);
    const view = this.#views.read(id);
    const { role } = node;
    const result = node.readMany({ keys: wanted, consistency });
    const later = this.#answer(id, result, (answer) => {
      if (!answer.ok) return;
      coverage.met(`keys in one view on ${role === "leader" ? "the leader" : "a follower"}`);
      if (consistency === "local") this.#views.shown(id, answer.value, wanted);
      else {
        const entries = answer.value.entries.filter((entry) => entry !== null);
        call.told({ ok: true, value: { entries, next: null, sequence: answer.value.sequence } });
        view.told(answer, wanted);
      }
    });
    if (later && role === "leader") coverage.met("keys in one view on the leader that waited");
  }

  #listLinearizably(id: NodeId): void {
    const node = this.#cluster.node(id);
    if (node === undefined || this.#isAstray(node)) return;
    const call = this.calls.list(keys);
    this.#answer(id, node.list({ ...everyKey, consistency: "linearizable" }), (answer) => {
      call.told(answer);
      if (answer.ok) this.#cluster.coverage.met("linearizable list on a follower");
    });
  }

  /** By its settings another node leads than by those of the cluster. */
  #isAstray({ leader }: Node): boolean {
    return !this.#cluster.failover && leader !== this.#cluster.leader;
  }

  #listLeader(leader: NodeId): void {
    const { coverage } = this.#cluster;
    const call = this.calls.list(keys);
    const result = this.#cluster.node(leader)?.list(everyKey);
    if (result === undefined) return;
    this.#answer(leader, result, (answer) => {
      call.told(answer);
      if (!answer.ok) return;
      for (const key of keys)
        this.#observed.shown(
          leader,
          key,
          answer.value.entries.find((entry) => entry.key === key),
        );
    });
    coverage.met("list on the leader");
  }

  /** A follower's read shows exactly one prefix of the history, at least as long as asked for. */
  #readFollower(id: NodeId, key: string): void {
    const { chance, coverage } = this.#cluster;
    const node = this.#cluster.node(id);
    const minVersion = chance.happens(0.4) ? this.#newest : undefined;
    const result = node?.read(minVersion === undefined ? { key } : { key, minVersion });
    if (node === undefined || result === undefined) return;
    const later = this.#answer(id, result, (answer) => {
      if (!answer.ok && answer.failure.code === "RECOVERING") return;
      // It was asked as a candidate, and by now it leads: what it has settled may not be applied yet.
      if (this.#cluster.node(id)?.role === "leader") return;
      // Between two roles, the node itself may report an earlier mark.
      const { applied } = this.#cluster.member(id).disk.peek();
      if (applied < (minVersion ?? 0))
        throw new Violation(`${id} answers for version ${minVersion} at ${applied}`);
      this.#mustShow(id, key, answer.ok ? answer.value : undefined);
    });
    coverage.met(later ? "follower read that waited for a version" : "follower read");
  }

  #mustShow(id: NodeId, key: string, found: KeyValue | undefined): void {
    const { applied } = this.#cluster.member(id).disk.peek();
    const expected = this.#cluster.history.at(applied, key);
    if (found?.value === expected?.value && found?.version === expected?.version) return;
    throw new Violation(
      `${id} reads ${key} as ${JSON.stringify(found)} at ${applied}: ${JSON.stringify(expected)}`,
    );
  }

  #listFollower(id: NodeId): void {
    const result = this.#cluster.node(id)?.list(everyKey);
    if (result === undefined || result instanceof Promise || !result.ok) return;
    const page: KeyPage = result.value;
    const { applied } = this.#cluster.member(id).disk.peek();
    if (page.sequence !== applied) throw new Violation(`${id} lists at ${page.sequence}`);
    for (const key of keys)
      this.#mustShow(
        id,
        key,
        page.entries.find((entry) => entry.key === key),
      );
  }

  // --- watches ---------------------------------------------------------------------------------

  #watchOn(): void {
    const { chance, ids } = this.#cluster;
    const watcher = chance.pick(this.#watchers);
    const elsewhere = chance.pick(ids);
    if (chance.happens(0.1)) watcher.attach(elsewhere);
    else watcher.goOn(elsewhere);
  }

  /** All is quiet: every client was told everything, and it all fits together. */
  finish(): void {
    for (const watcher of this.#watchers) watcher.mustBeComplete();
    this.#keyed.finish(this.calls, this.#views);
    this.calls.mustBeLinearizable();
    this.#views.finish();
  }
}
