/**
 * A node in the role of leader. This file answers the calls of the edges; `leader/` does the work.
 */
import type { Result } from "../../../errors.ts";
import type { NodeId, Sequence } from "../../../replication/types.ts";
import type {
  ClusterView,
  EventListener,
  KeyPage,
  KeyValue,
  KvNode,
  ListQuery,
  LiveConfig,
  NodeGauges,
  NodeStatus,
  Position,
  Purpose,
  ReadQuery,
  Subscription,
  WatchHandle,
  WatchQuery,
  WriteAnswer,
  WriteReceipt,
  WriteRequest,
} from "../../api.ts";
import type { NodeOptions } from "../../options.ts";
import { Leading } from "./leading.ts";
import { LiveSettings } from "./live-settings.ts";
import { LeaderReads } from "./reads.ts";
import { LeaderViews } from "./views.ts";

/** See KvNode for each call. */
export class LeaderNode implements KvNode {
  readonly id: NodeId;
  readonly role = "leader";
  readonly #leading: Leading;
  readonly #settings: LiveSettings;
  readonly #views: LeaderViews;
  readonly #reads: LeaderReads;

  constructor(options: NodeOptions) {
    const leading = new Leading(options);
    const { parts, core, settling, telemetry } = leading;
    this.id = options.config.nodeId;
    this.#leading = leading;
    this.#settings = new LiveSettings(options);
    this.#views = new LeaderViews(parts, core, telemetry.timeline);
    this.#reads = new LeaderReads(parts, core, settling);
  }

  /** Begins to lead, and to publish what pages show. */
  start(): void {
    const { parts, telemetry } = this.#leading;
    this.#settings.applyDelays();
    this.#leading.start();
    parts.publishCluster(() => this.cluster());
    parts.repeat(1_000, () => telemetry.closeSecond());
  }

  get applied(): Sequence {
    return this.#leading.core.applied;
  }

  get leaderUrl(): string {
    return this.#leading.parts.options.config.advertiseUrl;
  }

  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    return this.#reads.read(query);
  }

  list(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    return this.#reads.list(query);
  }

  write(request: WriteRequest): Promise<Result<WriteReceipt>> {
    return new Promise((resolve) => this.submit(request, resolve));
  }

  /** Like `write`, for callers that step through time by themselves. Answers exactly once. */
  submit(request: WriteRequest, answer: WriteAnswer): void {
    this.#leading.writes.submit(request, answer);
  }

  position(): Position {
    const { epoch, last, committed, applied } = this.#leading.core;
    return { epoch, last, committed, applied };
  }

  status(): NodeStatus {
    return this.#views.status(this.#settings);
  }

  notReadyFor(purpose: Purpose): readonly string[] {
    return purpose === "writes" ? this.#views.notReadyForWrites() : this.#views.notReadyForReads();
  }

  cluster(): ClusterView {
    return this.#views.cluster();
  }

  peerUrl(id: NodeId): string | undefined {
    return this.#views.peerUrl(id);
  }

  configure(change: Partial<LiveConfig>): Result<LiveConfig> {
    const changed = this.#settings.change(change);
    if (!changed.ok) return changed;
    this.#leading.setWriteQuorum(changed.value.writeQuorum);
    this.#leading.telemetry.settingsChanged(changed.value);
    return changed;
  }

  subscribe(listener: EventListener): Subscription {
    return this.#leading.parts.hub.subscribe(listener);
  }

  watch(query: WatchQuery): Result<WatchHandle> {
    return this.#leading.parts.watches.add(query);
  }

  gauges(): NodeGauges {
    const { entries, bytes } = this.#leading.core.waiting;
    return { inFlight: this.#leading.settling.size, inFlightBytes: bytes, unapplied: entries };
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#leading.close(resolve));
  }
}
