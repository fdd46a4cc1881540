/**
 * A node in the role of follower. This file answers the calls of the edges; `follower/` does the
 * work.
 */
import { type Failed, failed, type Result } from "../../../errors.ts";
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
  WriteReceipt,
} from "../../api.ts";
import type { NodeOptions } from "../../options.ts";
import { Following } from "./following.ts";
import { FollowerViews } from "./views.ts";

/** See KvNode for each call. */
export class FollowerNode implements KvNode {
  readonly id: NodeId;
  readonly role = "follower";
  readonly #leader: NodeId;
  readonly #following: Following;
  readonly #views: FollowerViews;

  constructor(options: NodeOptions) {
    const following = new Following(options);
    this.id = options.config.nodeId;
    this.#leader = options.config.leader;
    this.#following = following;
    this.#views = new FollowerViews(following.parts, following.core, following.contact);
  }

  /** Begins to follow, and to publish what pages show. */
  start(): void {
    this.#following.start();
    this.#following.parts.publishCluster(() => this.cluster());
  }

  get applied(): Sequence {
    return this.#following.core.applied;
  }

  get leaderUrl(): string {
    return this.#views.leaderUrl;
  }

  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    return this.#following.reads.read(query);
  }

  list(query: ListQuery): Result<KeyPage> {
    return this.#following.reads.list(query);
  }

  watch(query: WatchQuery): Result<WatchHandle> {
    return this.#following.reads.watch(query);
  }

  write(): Promise<Result<WriteReceipt>> {
    return Promise.resolve(this.#notLeader());
  }

  configure(): Result<LiveConfig> {
    return this.#notLeader();
  }

  /** Names the leader, so that the client can go there. */
  #notLeader(): Failed {
    const leader = this.#leader;
    const { leaderUrl } = this;
    return failed("NOT_LEADER", `${this.id} is a follower; the leader is ${leader}, ${leaderUrl}`, {
      members: { leader, leaderUrl },
    });
  }

  position(): Position {
    const { epoch, last, committed, applied } = this.#following.core;
    return { epoch, last, committed, applied };
  }

  status(): NodeStatus {
    return this.#views.status();
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

  subscribe(listener: EventListener): Subscription {
    return this.#following.parts.hub.subscribe(listener);
  }

  gauges(): NodeGauges {
    const { reads, core } = this.#following;
    return { inFlight: reads.waiting, inFlightBytes: 0, unapplied: core.backlog };
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#following.close(resolve));
  }
}
