/** Clients that read, each in one of the ways that a node offers. */
import type { KeyPage, KeyValue } from "../../node/api.ts";
import type { Node } from "../../node/roles/node.ts";
import type { NodeId, Sequence } from "../../replication/types.ts";
import type { Observed } from "../checks/observed.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { Violation } from "../world/violation.ts";
import type { Calls } from "./calls.ts";
import { keys } from "./client-keys.ts";
import type { KeyViews } from "./key-views.ts";
import type { Promised } from "./promised.ts";

const everyKey = { prefix: "", limit: 1000 } as const;

export class Readers {
  readonly #cluster: VirtualCluster;
  readonly #calls: Calls;
  readonly #observed: Observed;
  readonly #views: KeyViews;
  readonly #promised: Promised;
  /** The highest version that a writer was told of. */
  readonly #newest: () => Sequence;

  constructor(parts: {
    cluster: VirtualCluster;
    calls: Calls;
    observed: Observed;
    views: KeyViews;
    promised: Promised;
    newest: () => Sequence;
  }) {
    this.#cluster = parts.cluster;
    this.#calls = parts.calls;
    this.#observed = parts.observed;
    this.#views = parts.views;
    this.#promised = parts.promised;
    this.#newest = parts.newest;
  }

  /** One read of any kind, on any node. */
  readSomewhere(): void {
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
    this.#promised.whenKept(id, answer, (result) => {
      if (failover || leader === this.#cluster.leader) told(result);
    });
    return true;
  }

  readLeader(key: string, leader = this.#cluster.whoLeads()): void {
    const { coverage } = this.#cluster;
    if (this.#cluster.node(leader)?.role === "follower") return;
    const call = this.#calls.read(key);
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
    const call = this.#calls.read(key);
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
    const call = this.#calls.list(wanted);
    const view = this.#views.read(id);
    const { role } = node;
    const result = node.readMany({ keys: wanted, consistency });
    const later = this.#answer(id, result, (answer) => {
      if (!answer.ok) return;
      coverage.met(`keys in one view on ${role === "leader" ? "the leader" : "a follower"}`);
      if (role === "leader")
        for (const entry of answer.value.entries)
          if (entry !== null) this.#observed.settled(id, entry.version);
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
    const call = this.#calls.list(keys);
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
    const call = this.#calls.list(keys);
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
    const minVersion = chance.happens(0.4) ? this.#newest() : undefined;
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
}
