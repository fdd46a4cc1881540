/**
 * The figures of `GET /metrics`, in the Prometheus text format. Whatever happens on the path of a write
 * costs one histogram observation (0.4 µs, measured); all other figures are read when they are asked for.
 */
import { Counter, exponentialBuckets, Gauge, Histogram, Registry } from "prom-client";
import type { ErrorCode } from "../src/errors.ts";
import { createIntake, type Intake } from "../src/intake/intake.ts";
import type { KvNode, MemberState, NodeObserver } from "../src/node/api.ts";
import { refusalCodes } from "./access/access.ts";
import { createIntakeMetrics } from "./intake-metrics.ts";

/** Counts answers by route, method and status. */
interface RequestCounts {
  /** `route` is a path pattern, never a path: the number of series stays bounded. */
  count(route: string, method: string, status: number): void;
  /** Starts the series of this call at 0. Prometheus cannot see the increase of a series that starts at 1. */
  expect(route: string, method: string): void;
}

/** All figures of one node. */
export interface Metrics {
  /** What the node reports to. */
  readonly observer: NodeObserver;
  readonly requests: RequestCounts;
  /** Counts a refused caller. */
  refused(code: ErrorCode): void;
  /** Counts a line that the audit log dropped. */
  auditLineDropped(): void;
  readonly contentType: string;
  /** The whole page, with the gauges of the node as they are now. */
  text(node: KvNode): Promise<string>;
  /** Stops measuring the delay of the event loop. */
  close(): void;
}

const memberStates: readonly MemberState[] = ["live", "syncing", "unreachable"];
/** 0.1 ms to 6.5 s: from a local flush to a write that waits out its timeout. */
const latencyBuckets = exponentialBuckets(0.0001, 2, 17);
const delayIntervalMs = 100;

/** What the figures are of. */
interface MetricsOptions {
  /** Ids of the other members, whose series start at 0. */
  readonly others?: readonly string[];
  readonly intake?: Intake;
  /** How long each certificate is still valid, by its setting. */
  readonly secondsLeft?: (() => ReadonlyMap<string, number>) | undefined;
}

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { others = [], intake = createIntake(), secondsLeft } = options;
  const registry = new Registry();
  const requests = createRequestCounts(registry);
  const refreshNode = createNodeGauges(registry);
  createProcessGauges(registry);
  if (secondsLeft !== undefined) createExpiryGauge(registry, secondsLeft);
  const refused = new Counter({
    name: "kv_callers_refused_total",
    help: "Calls refused because of their caller, by error code.",
    labelNames: ["code"],
    registers: [registry],
  });
  for (const code of refusalCodes) refused.inc({ code }, 0);
  const dropped = new Counter({
    name: "kv_audit_lines_dropped_total",
    help: "Lines of the audit log that found no room.",
    registers: [registry],
  });
  createIntakeMetrics(registry, intake);
  const stopDelay = measureEventLoopDelay(registry);
  return {
    observer: createObserver(registry, others),
    requests,
    refused: (code) => refused.inc({ code }),
    auditLineDropped: () => dropped.inc(),
    contentType: registry.contentType,
    text: (node) => {
      refreshNode(node);
      return registry.metrics();
    },
    close: stopDelay,
  };
}

/** Histograms and counters that the node fills as it works. */
function createObserver(registry: Registry, others: readonly string[]): NodeObserver {
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
  for (const node of others) mismatches.inc({ node }, 0);
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
}

/** Counts in plain maps, at a small part of the cost of a labelled counter, and copies them when asked. */
function createRequestCounts(registry: Registry): RequestCounts {
  /** By route, method and status: a text of all three would have to be hashed for every request. */
  const routes = new Map<string, Map<string, Map<number, number>>>();
  new Counter({
    name: "kv_http_requests_total",
    help: "Answered HTTP requests.",
    labelNames: ["route", "method", "status"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [route, methods] of routes)
        for (const [method, statuses] of methods)
          for (const [status, count] of statuses) this.inc({ route, method, status }, count);
    },
  });
  const add = (route: string, method: string, status: number, count: number) => {
    const methods = entryOf(routes, route, () => new Map<string, Map<number, number>>());
    const statuses = entryOf(methods, method, () => new Map<number, number>());
    statuses.set(status, (statuses.get(status) ?? 0) + count);
  };
  return {
    count: (route, method, status) => add(route, method, status, 1),
    expect: (route, method) => add(route, method, 200, 0),
  };
}

/** The entry of the key, made where there is none. */
function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Returns a function that sets all gauges from the node as it is now. */
function createNodeGauges(registry: Registry): (node: KvNode) => void {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const inFlight = gauge("kv_in_flight_entries", "Entries proposed and not yet answered.");
  const inFlightBytes = gauge("kv_in_flight_bytes", "Bytes of the entries in flight.");
  const unapplied = gauge("kv_unapplied_entries", "Entries in the log that are not applied yet.");
  const sequence = gauge("kv_sequence", "Positions of this node in the log, by mark.", "mark");
  const epoch = gauge("kv_epoch", "The highest epoch this node knows of.");
  const cluster = gauge("kv_cluster_info", "1 for the cluster that it belongs to.", "cluster");
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
    cluster.reset();
    if (status.cluster !== null) cluster.set({ cluster: status.cluster.id }, 1);
    keys.set(status.keys);
    ready.set(status.ready ? 1 : 0);
    quorum.set(status.config.writeQuorum);
    for (const each of [lag, lagSeconds, state, match]) each.reset();
    // Only the leader sees all members; what a follower knows would contradict it.
    if (node.role !== "leader") return;
    for (const member of node.cluster().nodes) {
      for (const each of memberStates) {
        state.set({ node: member.id, state: each }, member.state === each ? 1 : 0);
      }
      if (member.role === "leader") continue;
      if (member.lag !== null) lag.set({ node: member.id }, member.lag);
      if (member.lagMs !== null) lagSeconds.set({ node: member.id }, member.lagMs / 1000);
      if (member.digestMatch !== null) match.set({ node: member.id }, member.digestMatch ? 1 : 0);
    }
  };
}

/** Named as in other Prometheus clients, so that ready-made dashboards find them. */
function createProcessGauges(registry: Registry): void {
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
}

function createExpiryGauge(
  registry: Registry,
  secondsLeft: () => ReadonlyMap<string, number>,
): void {
  new Gauge({
    name: "kv_certificate_expiry_seconds",
    help: "Seconds until a certificate of this node expires, by its setting.",
    labelNames: ["certificate"],
    registers: [registry],
    collect() {
      for (const [certificate, seconds] of secondsLeft()) this.set({ certificate }, seconds);
    },
  });
}

/** How late a timer fires that is due every 100 ms: that long each call waits while the loop is busy. */
function measureEventLoopDelay(registry: Registry): () => void {
  const delay = new Histogram({
    name: "kv_event_loop_delay_seconds",
    help: "How late a timer ran that was due every 100 ms.",
    buckets: exponentialBuckets(0.001, 2, 13),
    registers: [registry],
  });
  let dueAt = performance.now() + delayIntervalMs;
  const timer = setInterval(() => {
    const now = performance.now();
    delay.observe(Math.max(0, now - dueAt) / 1000);
    dueAt = now + delayIntervalMs;
  }, delayIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
