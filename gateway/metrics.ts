/**
 * The figures of `GET /metrics`, in the Prometheus text format. What arises on the path of a write
 * is one histogram observation each (0.4 µs, measured); everything else is read when asked.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, exponentialBuckets, Gauge, Histogram, Registry } from "prom-client";
import type { KvNode, MemberState, NodeObserver } from "../src/node/api.ts";

export interface RequestCounts {
  /** `route` is a path pattern, never a path: the number of series stays bounded. */
  count(route: string, method: string, status: number): void;
}

export interface Metrics {
  readonly observer: NodeObserver;
  readonly requests: RequestCounts;
  readonly contentType: string;
  text(node: KvNode): Promise<string>;
  close(): void;
}

const memberStates: readonly MemberState[] = ["live", "syncing", "unreachable"];
/** 0.1 ms to 6.5 s: from a local flush to a write that waits out its timeout. */
const latencyBuckets = exponentialBuckets(0.0001, 2, 17);

export const createMetrics = (): Metrics => {
  const registry = new Registry();
  const requests = createRequestCounts(registry);
  const refreshNode = createNodeGauges(registry);
  createProcessGauges(registry);
  const delay = createEventLoopDelay(registry);
  return {
    observer: createObserver(registry),
    requests,
    contentType: registry.contentType,
    text: (node) => {
      refreshNode(node);
      return registry.metrics();
    },
    close: () => delay.disable(),
  };
};

const createObserver = (registry: Registry): NodeObserver => {
  const registers = [registry];
  const write = new Histogram({
    name: "kv_write_latency_seconds",
    help: "Time from a write's proposal to its answer, by outcome.",
    labelNames: ["outcome"],
    buckets: latencyBuckets,
    registers,
  });
  const settle = new Histogram({
    name: "kv_settle_latency_seconds",
    help: "Time from an entry's proposal until it settled, even after its writer was answered.",
    buckets: latencyBuckets,
    registers,
  });
  const flush = new Histogram({
    name: "kv_flush_seconds",
    help: "Time of one flush to storage.",
    buckets: latencyBuckets,
    registers,
  });
  const batch = new Histogram({
    name: "kv_batch_entries",
    help: "Entries made durable by one flush.",
    buckets: exponentialBuckets(1, 2, 12),
    registers,
  });
  const mismatches = new Counter({
    name: "kv_digest_mismatches_total",
    help: "Times a follower's store differed from the leader's at the same applied mark.",
    labelNames: ["node"],
    registers,
  });
  for (const outcome of ["settled", "unknown", "refused"]) write.zero({ outcome });
  return {
    wrote: (outcome, latencyMs) => write.observe({ outcome }, latencyMs / 1000),
    settled: (latencyMs) => settle.observe(latencyMs / 1000),
    flushed: ({ ms, entries }) => {
      flush.observe(ms / 1000);
      if (entries > 0) batch.observe(entries);
    },
    digestMismatch: (id) => mismatches.inc({ node: id }),
  };
};

/** Counts in a plain map, which costs a tenth of a labelled counter, and copies when asked. */
const createRequestCounts = (registry: Registry): RequestCounts => {
  const counts = new Map<string, number>();
  new Counter({
    name: "kv_http_requests_total",
    help: "Answered HTTP requests.",
    labelNames: ["route", "method", "status"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [series, count] of counts) {
        const [route = "", method = "", status = ""] = series.split(" ");
        this.inc({ route, method, status }, count);
      }
    },
  });
  return {
    count: (route, method, status) => {
      const series = `${route} ${method} ${status}`;
      counts.set(series, (counts.get(series) ?? 0) + 1);
    },
  };
};

const createNodeGauges = (registry: Registry): ((node: KvNode) => void) => {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const inFlight = gauge("kv_in_flight_entries", "Entries proposed and not yet answered.");
  const inFlightBytes = gauge("kv_in_flight_bytes", "Bytes of the entries in flight.");
  const unapplied = gauge("kv_unapplied_entries", "Entries in the log that are not applied yet.");
  const sequence = gauge("kv_sequence", "This node's marks in the log.", "mark");
  const epoch = gauge("kv_epoch", "The reign this node knows of.");
  const keys = gauge("kv_keys", "Keys in this node's store.");
  const ready = gauge("kv_ready", "1 when this node is ready.");
  const quorum = gauge("kv_write_quorum_acks", "Follower acks that a write waits for.");
  const lag = gauge("kv_replication_lag_entries", "Entries a follower has not applied.", "node");
  const lagSeconds = gauge(
    "kv_replication_lag_seconds",
    "Age of the oldest entry a follower misses.",
    "node",
  );
  const state = gauge("kv_member_state", "1 for the state a member is in.", "node", "state");
  const match = gauge("kv_digest_match", "1: equal to the leader's, 0: it differs.", "node");

  return (node) => {
    const status = node.status();
    const gauges = node.gauges();
    inFlight.set(gauges.inFlight);
    inFlightBytes.set(gauges.inFlightBytes);
    unapplied.set(gauges.unapplied);
    for (const mark of ["last", "committed", "applied"] as const) {
      sequence.set({ mark }, status[mark]);
    }
    epoch.set(status.epoch);
    keys.set(status.keys);
    ready.set(status.ready ? 1 : 0);
    quorum.set(status.config.writeQuorum);
    for (const each of [lag, lagSeconds, state, match]) each.reset();
    // Only the leader sees the members; a follower's own guess would blur the series.
    if (node.role !== "leader") return;
    for (const member of node.cluster().nodes) {
      for (const each of memberStates) {
        state.set({ node: member.id, state: each }, member.state === each ? 1 : 0);
      }
      if (member.role === "leader") continue;
      lag.set({ node: member.id }, member.lag);
      lagSeconds.set({ node: member.id }, member.lagMs / 1000);
      if (member.digestMatch !== null) match.set({ node: member.id }, member.digestMatch ? 1 : 0);
    }
  };
};

/** Named as in every Prometheus client, so that ready-made dashboards find them. */
const createProcessGauges = (registry: Registry): void => {
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
};

/** Quantiles of how late timers ran since the last time somebody asked. */
const createEventLoopDelay = (registry: Registry) => {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  new Gauge({
    name: "kv_event_loop_delay_seconds",
    help: "How late the event loop ran since the last scrape.",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      for (const quantile of [0.5, 0.99, 1]) {
        // The monitor counts its own 20 ms of waiting; it has seen nothing yet right after a scrape.
        const late = delay.count === 0 ? 0 : delay.percentile(quantile * 100) / 1e9 - 0.02;
        this.set({ quantile: String(quantile) }, Math.max(0, late));
      }
      delay.reset();
    },
  });
  return delay;
};
