import { failed, type Result, succeeded } from "../../src/errors.ts";
import type {
  KvNode,
  ListQuery,
  LiveConfig,
  NodeStatus,
  ReadManyQuery,
  ReadQuery,
  WriteReceipt,
  WriteRequest,
} from "../../src/node/api.ts";
import type { AppliedOperation, WatchHandle, WatchQuery } from "../../src/node/watch-query.ts";

/** A leader without followers, storage or time: what an edge's own tests need of a node. */
export class StandInNode implements KvNode {
  readonly id = "leader";
  readonly role = "leader";
  readonly leader = "leader";
  readonly leaderUrl = "http://127.0.0.1:4567";
  applied = 0;
  ready = true;
  /** What tests make the next writes do instead of succeeding. */
  beforeWrite: (request: WriteRequest) => Promise<Result<never> | undefined> = async () =>
    undefined;
  readonly #records = new Map<string, { value: string; version: number }>();
  readonly #history: AppliedOperation[] = [];
  readonly #watchers = new Set<WatchQuery>();

  read({ key, minVersion = 0 }: ReadQuery) {
    const record = this.#records.get(key);
    if (minVersion > this.applied) return failed("RECOVERING", "Not applied that far.");
    return record === undefined
      ? failed("KEY_NOT_FOUND", "There is no such key.")
      : succeeded({ key, ...record });
  }

  readMany({ keys }: ReadManyQuery) {
    const entries = keys.map((key) => {
      const record = this.#records.get(key);
      return record === undefined ? null : { key, ...record };
    });
    return succeeded({ entries, sequence: this.applied });
  }

  list({ prefix, limit, after = "" }: ListQuery) {
    const entries = [...this.#records]
      .filter(([key]) => key.startsWith(prefix) && key > after)
      .map(([key, record]) => ({ key, ...record }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const page = entries.slice(0, limit);
    const next = entries.length > limit ? (page.at(-1)?.key ?? null) : null;
    return succeeded({ entries: page, next, sequence: this.applied });
  }

  async write(request: WriteRequest): Promise<Result<WriteReceipt>> {
    const instead = await this.beforeWrite(request);
    if (instead !== undefined) return instead;
    for (const { key, value, ifVersion, isCheck = false } of request.operations) {
      const version = this.#records.get(key)?.version ?? 0;
      if (ifVersion !== undefined && ifVersion !== version) {
        return failed("VERSION_MISMATCH", "Another version.", { members: { version } });
      }
      if (value === undefined && !isCheck && version === 0)
        return failed("KEY_NOT_FOUND", "No such key.");
    }
    const version = ++this.applied;
    const writes = request.operations.filter(({ isCheck }) => isCheck !== true);
    const operations = writes.map(({ key, value }) => {
      if (value === undefined) this.#records.delete(key);
      else this.#records.set(key, { value, version });
      return { sequence: version, key, value };
    });
    this.#history.push(...operations);
    for (const watcher of this.#watchers) tell(watcher, operations);
    const acks = [{ node: "follower1", ms: 1.5, delayMs: 0.5 }];
    return succeeded({ version, quorum: request.quorum ?? 1, acks, latencyMs: 2 });
  }

  status(): NodeStatus {
    return {
      id: this.id,
      role: this.role,
      leader: this.id,
      epoch: 1,
      last: this.applied,
      committed: this.applied,
      applied: this.applied,
      digest: "0000000000000000",
      keys: this.#records.size,
      uptimeSeconds: 1.5,
      cluster: null,
      config: { writeQuorum: 1, minDelay: 0, maxDelay: 0, followerDelays: {}, timeout: 5000 },
      ready: this.ready,
      reasons: this.ready ? [] : ["told not to be"],
    };
  }

  notReadyFor(): readonly string[] {
    return this.status().reasons;
  }

  position(): ReturnType<KvNode["position"]> {
    return { epoch: 1, last: this.applied, committed: this.applied, applied: this.applied };
  }

  cluster(): ReturnType<KvNode["cluster"]> {
    const { id, epoch, last, committed } = this.status();
    const view = { leader: id, servedBy: id, fromLeader: true, epoch, last, committed };
    return {
      ...view,
      writeQuorum: 1,
      settings: null,
      leaderSince: null,
      survives: null,
      cluster: null,
      nodes: [],
    };
  }

  peerUrl(): string | undefined {
    return undefined;
  }

  async configure(): Promise<Result<LiveConfig>> {
    return succeeded(this.status().config);
  }

  async whenLeader(): Promise<string> {
    return this.leader;
  }

  async handOver() {
    return failed("RECOVERING", "Nobody else is there.");
  }

  subscribe() {
    return { history: [], cancel: () => {} };
  }

  watch(watcher: WatchQuery): Result<WatchHandle> {
    const { after, opened = () => {} } = watcher;
    opened();
    if (after !== undefined) {
      tell(
        watcher,
        this.#history.filter(({ sequence }) => sequence > after),
      );
    }
    this.#watchers.add(watcher);
    return succeeded({ resume: () => {}, cancel: () => this.#watchers.delete(watcher) });
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  gauges() {
    return { inFlight: 0, inFlightBytes: 0, unapplied: 0 };
  }

  async retire(): Promise<void> {}

  async close(): Promise<void> {}
}

const tell = ({ prefix, applied }: WatchQuery, operations: readonly AppliedOperation[]) => {
  const wanted = operations.filter(({ key }) => key.startsWith(prefix));
  if (wanted.length > 0) applied(wanted);
};
