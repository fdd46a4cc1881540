/**
 * What the clients of a story were told, checked after every answer: is each key linearizable, and does each view show
 * what one prefix of the history left?
 */
import type { Result } from "../../errors.ts";
import type { KeysView, KeyValue, WriteReceipt, WriteRequest } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";
import { Calls } from "../clients/calls.ts";
import { KeyViews } from "../clients/key-views.ts";
import type { VirtualCluster } from "../world/cluster.ts";

export class Truth {
  readonly #cluster: VirtualCluster;
  readonly #calls: Calls;
  readonly #views: KeyViews;
  /** Keys of which too little is known: what was written with an idempotency key, or may be lost by a failover. */
  readonly #unsure = new Set<string>();
  readonly #unchecked = new Set<string>();
  /** Judges the views that were answered since the last look. */
  readonly #shown: (() => void)[] = [];
  #isSuspended = false;

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
    this.#calls = new Calls(() => cluster.time.now());
    this.#views = new KeyViews(cluster);
  }

  /** From now on nothing is judged: the design admits what happens to this cluster, or no cluster is like it. */
  suspend(): void {
    this.#isSuspended = true;
  }

  /** A write goes out to this node; the function is called with its answer. */
  write(leader: NodeId, request: WriteRequest): (result: Result<WriteReceipt>) => void {
    const { failover, settings } = this.#cluster;
    const keys = request.operations.map(({ key }) => key);
    const live = this.#cluster.node(leader)?.status().config;
    const quorum = request.quorum ?? live?.writeQuorum ?? settings.writeQuorum;
    if ((failover && quorum === 0) || request.idempotency !== undefined) {
      for (const key of keys) this.#unsure.add(key);
      return () => {};
    }
    const call = this.#calls.write(request);
    return (result) => {
      // Whom no settings name any more may refuse for a reason that is out of date.
      if (!failover && leader !== this.#cluster.leader && !result.ok) return;
      call.told(result);
      for (const key of keys) this.#unchecked.add(key);
    };
  }

  /** A read goes out; undefined where it promises nothing. */
  read(
    id: NodeId,
    key: string,
    consistency: string | undefined,
  ): ((result: Result<KeyValue>) => void) | undefined {
    if (!this.#isLinearizable(id, consistency)) return undefined;
    const call = this.#calls.read(key);
    return (result) => {
      if (!this.#cluster.failover && consistency === undefined && id !== this.#cluster.leader)
        return;
      call.told(result);
      this.#unchecked.add(key);
    };
  }

  /** The same for several keys as of one moment: a read of each, where the view is linearizable. */
  view(
    id: NodeId,
    keys: readonly string[],
    consistency: string,
  ): (result: Result<KeysView>) => void {
    const call = this.#isLinearizable(id, consistency) ? this.#calls.list(keys) : undefined;
    return (result) => {
      if (!result.ok) return;
      this.#shown.push(() => this.#views.shown(id, result.value, keys));
      if (call === undefined) return;
      const entries = result.value.entries.filter((entry) => entry !== null);
      call.told({ ok: true, value: { entries, next: null, sequence: result.value.sequence } });
      for (const key of keys) this.#unchecked.add(key);
    };
  }

  #isLinearizable(id: NodeId, consistency: string | undefined): boolean {
    if (consistency !== undefined) return consistency === "linearizable";
    const { failover, leader } = this.#cluster;
    return failover ? this.#cluster.node(id)?.role === "leader" : id === leader;
  }

  /** Throws a Violation if what was told since the last look contradicts what was told before. */
  look(): void {
    const shown = this.#shown.splice(0);
    if (!this.#isSuspended) {
      for (const judge of shown) judge();
      this.#views.look();
    }
    if (this.#unchecked.size === 0) return;
    const keys = [...this.#unchecked].filter((key) => !this.#unsure.has(key));
    this.#unchecked.clear();
    if (!this.#isSuspended) for (const key of keys) this.#calls.mustBeLinearizable(key);
  }
}
