/**
 * A node in the role of leader. This file answers the calls of the edges; `leader/` does the work.
 */
import { type Failed, failed, type Result } from "../../../errors.ts";
import type { Instant, NodeId, Sequence } from "../../../replication/types.ts";
import type {
  ClusterView,
  KeyPage,
  KeysView,
  KeyValue,
  ListQuery,
  LiveConfig,
  NodeGauges,
  NodeStatus,
  Position,
  Purpose,
  ReadManyQuery,
  ReadQuery,
  Role,
  WriteAnswer,
  WriteRequest,
} from "../../api.ts";
import type { NodeLife } from "../../life.ts";
import { noLeader } from "../../refusals.ts";
import type { LeadingTurn, Leave, NodeRole, RoleHooks } from "../../role.ts";
import type { WatchHandle, WatchQuery } from "../../watch-query.ts";
import { Leading } from "./leading.ts";
import { LeaderReads } from "./reads.ts";
import { LeaderViews } from "./views.ts";

/** See KvNode for each call. */
export class LeaderNode implements NodeRole {
  readonly #leading: Leading;
  readonly #views: LeaderViews;
  readonly #reads: LeaderReads;

  constructor(life: NodeLife, turn: LeadingTurn, leave: Leave) {
    const leading = new Leading(life, turn, leave);
    const { parts, core, telemetry } = leading;
    this.#leading = leading;
    this.#views = new LeaderViews(parts, core, telemetry);
    this.#reads = new LeaderReads(leading);
  }

  get hooks(): RoleHooks {
    return this.#leading.hooks;
  }

  /** With FAILOVER=1 a candidate until it leads. */
  get role(): Role {
    return this.#views.role;
  }

  /** Begins to lead, and to publish what pages show. */
  start(): void {
    const { parts, telemetry, settings } = this.#leading;
    settings.applyDelays();
    this.#leading.start();
    parts.publishCluster(() => this.cluster());
    parts.repeat(1_000, () => telemetry.closeSecond());
  }

  get applied(): Sequence {
    return this.#leading.core.applied;
  }

  get leader(): NodeId {
    return this.#views.leader;
  }

  get leaderUrl(): string {
    return this.role === "leader" ? this.#leading.parts.options.config.advertiseUrl : "";
  }

  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    return this.#reads.read(query);
  }

  readMany(query: ReadManyQuery): Result<KeysView> | Promise<Result<KeysView>> {
    return this.#reads.readMany(query);
  }

  list(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    return this.#reads.list(query);
  }

  submit(request: WriteRequest, answer: WriteAnswer): void {
    this.#leading.writes.submit(request, answer);
  }

  position(): Position {
    const { epoch, last, committed, applied } = this.#leading.core;
    return { epoch, last, committed, applied };
  }

  status(): NodeStatus {
    return this.#views.status(this.#leading.settings);
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

  configure(change: Partial<LiveConfig>): Promise<Result<LiveConfig>> {
    return this.#leading.settings.change(change);
  }

  watch(query: WatchQuery): Result<WatchHandle> {
    return this.#leading.parts.watches.add(query);
  }

  gauges(): NodeGauges {
    const { entries, bytes } = this.#leading.core.waiting;
    return { inFlight: this.#leading.settling.size, inFlightBytes: bytes, unapplied: entries };
  }

  handOver(to: NodeId, failed: (failure: Failed) => void, untilAt?: Instant): void {
    this.#leading.handover.begin(to, failed, untilAt);
  }

  /** The leader of choice if it is live, else the follower that holds most; undefined: none is live. */
  successor(but: ReadonlySet<NodeId>): NodeId | undefined {
    const { core, parts } = this.#leading;
    if (this.role !== "leader") return undefined;
    const live = core.peers.filter(({ id, state }) => state === "live" && !but.has(id));
    const choice = live.find(({ id }) => id === parts.options.config.leader);
    return (choice ?? live.toSorted((a, b) => b.acked - a.acked)[0])?.id;
  }

  leave(next: NodeId | undefined): void {
    const url = next === undefined ? "" : this.#views.urlOf(next);
    this.#leading.leave(next === undefined ? noLeader() : handedOver(next, url));
  }

  close(closed: () => void): void {
    this.#leading.close(closed);
  }
}

const handedOver = (leader: NodeId, leaderUrl: string): Failed =>
  failed("NOT_LEADER", `this node led until now; ${leader} leads next; nothing was written`, {
    members: { leader, leaderUrl },
  });
