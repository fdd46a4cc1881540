/**
 * The plainest thing that keeps the promises of KvNode: one leader, one map, every write settled
 * at once. For tests and measurements of the edges alone.
 */
import { failed, type Result, succeeded } from "../../src/errors.ts";
import type {
  AppliedOperation,
  ClusterView,
  KeyValue,
  KvNode,
  LiveConfig,
  NodeEvent,
  NodeStatus,
  Role,
  WriteReceipt,
  WriteRequest,
} from "../../src/node/api.ts";
import { EMPTY_DIGEST } from "../../src/replication/types.ts";

type Watcher = Parameters<KvNode["watch"]>[0];

export interface PlainNode extends KvNode {
  readonly watcherCount: number;
  /** Watchers from before this sequence are told COMPACTED. */
  compact(to: number): void;
}

export const createPlainNode = (
  given: { id?: string; role?: Role; peers?: Readonly<Record<string, string>> } = {},
): PlainNode => {
  const { id = "leader", role = "leader", peers = {} } = given;
  const store = new Map<string, KeyValue>();
  const log: AppliedOperation[] = [];
  const watchers = new Set<Watcher>();
  const listeners = new Set<(event: NodeEvent) => void>();
  let applied = 0;
  let first = 0;
  let config: LiveConfig = { writeQuorum: 0, minDelay: 0, maxDelay: 0, followerDelays: {} };

  const sorted = () => [...store.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  const write = ({ operations, quorum = 0 }: WriteRequest): Result<WriteReceipt> => {
    if (role !== "leader") return failed("NOT_LEADER", "not the leader");
    for (const { key, value, ifVersion } of operations) {
      const version = store.get(key)?.version ?? 0;
      if (ifVersion !== undefined && ifVersion !== version) {
        const members = { version };
        return failed("VERSION_MISMATCH", `${key} has version ${version}.`, { members });
      }
      if (value === undefined && version === 0) return failed("KEY_NOT_FOUND", "no such key");
    }
    applied += 1;
    const news = operations.map(({ key, value }) => ({ sequence: applied, key, value }));
    for (const { key, value } of news) {
      if (value === undefined) store.delete(key);
      else store.set(key, { key, value, version: applied });
    }
    log.push(...news);
    for (const watcher of watchers) {
      const seen = news.filter(({ key }) => key.startsWith(watcher.prefix));
      if (seen.length > 0) watcher.applied(seen);
    }
    const event: NodeEvent = {
      ...{ type: "write", at: 0, sequence: applied, kind: "put", quorum },
      keys: operations.map(({ key }) => key),
    };
    for (const listener of listeners) listener(event);
    return succeeded({ version: applied, quorum, acks: [], latencyMs: 0.1 });
  };
  const cluster = (): ClusterView => ({
    ...{ leader: "leader", servedBy: id, fromLeader: role === "leader", epoch: 1 },
    ...{ last: applied, committed: applied, writeQuorum: 0, nodes: [] },
  });
  const status = (): NodeStatus => ({
    ...{ id, role, leader: "leader", epoch: 1, last: applied, committed: applied, applied },
    ...{ digest: EMPTY_DIGEST, keys: store.size, uptimeSeconds: 1 },
    ...{ config: { ...config, timeout: 5000 }, ready: true, reasons: [] },
  });

  return {
    id,
    role,
    leaderUrl: "http://leader.example:4567",
    get applied() {
      return applied;
    },
    get watcherCount() {
      return watchers.size;
    },
    compact: (to) => {
      first = to;
    },
    read: ({ key }) => {
      const found = store.get(key);
      return found === undefined ? failed("KEY_NOT_FOUND", "no such key") : succeeded(found);
    },
    list: ({ prefix, limit, after = "" }) => {
      const all = sorted().filter(({ key }) => key.startsWith(prefix) && key > after);
      const entries = all.slice(0, limit);
      const next = all.length > limit ? (entries.at(-1)?.key ?? null) : null;
      return succeeded({ entries, next, sequence: applied });
    },
    write: async (request) => write(request),
    status,
    cluster,
    peerUrl: (peer) => peers[peer],
    configure: (change) => {
      config = { ...config, ...change };
      return succeeded(config);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return { history: [], cancel: () => listeners.delete(listener) };
    },
    watch: (query) => {
      const { after = applied } = query;
      if (after < first) return failed("COMPACTED", "too old");
      const missed = log.filter(
        ({ sequence, key }) => sequence > after && key.startsWith(query.prefix),
      );
      if (missed.length > 0) query.applied(missed);
      watchers.add(query);
      return succeeded({ resume: () => {}, cancel: () => watchers.delete(query) });
    },
    gauges: () => ({ inFlight: 0, inFlightBytes: 0, unapplied: 0 }),
    close: async () => {},
  };
};
