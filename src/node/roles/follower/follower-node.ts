/**
 * A node in the role of follower. This file answers the calls of the edges; `follower/` does the
 * work.
 */
import { type Failed, failed, type Result } from "../../../errors.ts";
import type { NodeId, Sequence } from "../../../replication/types.ts";
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
  WriteAnswer,
  WriteRequest,
} from "../../api.ts";
import type { NodeLife } from "../../life.ts";
import { noLeader } from "../../refusals.ts";
import type { Leave, NodeRole, RoleHooks } from "../../role.ts";
import type { WatchHandle, WatchQuery } from "../../watch-query.ts";
import { Following } from "./following.ts";
import { FollowerViews } from "./views.ts";

/** See KvNode for each call. */
export class FollowerNode implements NodeRole {
  readonly role = "follower";
  readonly #following: Following;
  readonly #views: FollowerViews;

  constructor(life: NodeLife, leave: Leave) {
    const following = new Following(life, leave);
    this.#following = following;
    this.#views = new FollowerViews(following.parts, following.core, following.contact);
  }

  get hooks(): RoleHooks {
    return this.#following.hooks;
  }

  /** Begins to follow, and to publish what pages show. */
  start(): void {
    this.#following.start();
    this.#following.parts.publishCluster(() => this.cluster());
  }

  get applied(): Sequence {
    return this.#following.core.applied;
  }

  get leader(): NodeId {
    return this.#views.leader;
  }

  get leaderUrl(): string {
    return this.#views.leaderUrl;
  }

  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    return this.#following.reads.read(query);
  }

  readMany(query: ReadManyQuery): Result<KeysView> | Promise<Result<KeysView>> {
    return this.#following.reads.readMany(query);
  }

  list(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    return this.#following.reads.list(query);
  }

  watch(query: WatchQuery): Result<WatchHandle> {
    return this.#following.reads.watch(query);
  }

  submit(_: WriteRequest, answer: WriteAnswer): void {
    answer(this.#notLeader());
  }

  configure(): Promise<Result<LiveConfig>> {
    return Promise.resolve(this.#notLeader());
  }

  /** Names the leader, so that the client can go there. */
  #notLeader(): Failed {
    const { leader, leaderUrl } = this.#views;
    if (leader === "") return noLeader();
    const { nodeId } = this.#following.parts.options.config;
    const at = leaderUrl === "" ? "" : `, ${leaderUrl}`;
    return failed("NOT_LEADER", `${nodeId} is a follower; the leader is ${leader}${at}`, {
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

  gauges(): NodeGauges {
    const { reads, core } = this.#following;
    return { inFlight: reads.waiting, inFlightBytes: 0, unapplied: core.backlog };
  }

  handOver(_: NodeId, failed: (failure: Failed) => void): void {
    failed(this.#notLeader());
  }

  /** Nobody succeeds a follower. */
  successor(): undefined {}

  leave(): void {
    this.#following.leave();
  }

  close(closed: () => void): void {
    this.#following.close(closed);
  }
}
