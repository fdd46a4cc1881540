/**
 * One node for as long as its process runs. It follows or leads; a change of role is like a start from
 * what the disk holds, except that clients, watches and streams of events stay.
 */
import { type Failed, failed, type Result, succeeded } from "../../errors.ts";
import type { LinkNumber } from "../../replication/follower/follower-effects.ts";
import type { Instant, LeaderMessage, NodeId, Sequence } from "../../replication/types.ts";
import type {
  ClusterView,
  EventListener,
  KeyPage,
  KeysView,
  KeyValue,
  KvNode,
  Leadership,
  ListQuery,
  LiveConfig,
  NextLeader,
  NodeGauges,
  NodeStatus,
  Position,
  Purpose,
  ReadManyQuery,
  ReadQuery,
  Role,
  Subscription,
  WriteAnswer,
  WriteReceipt,
  WriteRequest,
} from "../api.ts";
import { NodeLife } from "../life.ts";
import type { NodeOptions } from "../options.ts";
import { noLeader } from "../refusals.ts";
import type { LeadingTurn, Leaving, NodeRole, WaitingMessage } from "../role.ts";
import { handoverMsMax } from "../stopping.ts";
import type { WatchHandle, WatchQuery } from "../watch-query.ts";
import { FollowerNode } from "./follower/follower-node.ts";
import { LeaderNode } from "./leader/leader-node.ts";

/** How often a node looks whether its storage flushes again, so that it can change its role. */
const flushLookMs = 100;

/** See KvNode for each call. */
export class Node implements KvNode {
  readonly id: NodeId;
  readonly #life: NodeLife;
  #role: NodeRole;
  /** Set while a role has ended and the next one has not begun: messages for that one. */
  #waiting: WaitingMessage[] | undefined;
  #closing = false;
  /** Set once this node has begun to hand over because it will close. */
  #retired: Promise<void> | undefined;
  /** Called when the role ends, with the one who leads next, if known. */
  readonly #leaving = new Set<(next: NextLeader | undefined) => void>();

  constructor(options: NodeOptions) {
    const { config } = options;
    this.id = config.nodeId;
    this.#life = new NodeLife(options, () => this.#leadership());
    const leads = config.failover ? config.nodes.length === 1 : config.leader === config.nodeId;
    this.#role = leads ? this.#newLeader({ above: 0 }) : this.#newFollower();
  }

  /** Begins to play its first role. */
  start(): void {
    this.#life.streams.listen(this.#life.options.network, () => ({
      received: (number, message) => this.#received(number, message),
      closed: (number, reason) => this.#role.hooks.closed(number, reason),
    }));
    this.#enter(this.#role);
  }

  #received(number: LinkNumber, message: LeaderMessage): void {
    if (this.#waiting === undefined) this.#role.hooks.received(number, message);
    else this.#waiting.push({ number, message });
  }

  #newLeader(turn: LeadingTurn): NodeRole {
    this.#life.settings.lead();
    return new LeaderNode(this.#life, turn, (why) => this.#leave(why));
  }

  #newFollower(): NodeRole {
    return new FollowerNode(this.#life, (why) => this.#leave(why));
  }

  #enter(role: NodeRole): void {
    this.#role = role;
    this.#life.enter(role.hooks);
    role.start();
    this.#life.leaders.look();
  }

  /** The role ends now. The next one begins from disk, once what is being flushed is there. */
  #leave(why: Leaving): void {
    if (this.#waiting !== undefined) return;
    // A node that shuts down plays no other role, but it must not go on with this one either.
    if (this.#closing) {
      this.#role.leave(undefined);
      this.#left(undefined);
      return;
    }
    this.#waiting = why.type === "follow" && why.message !== undefined ? [why.message] : [];
    const next = why.type === "follow" ? why.next : undefined;
    this.#role.leave(next?.leader);
    this.#left(next);
    this.#whenFlushed(() => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      if (this.#closing) return;
      this.#enter(why.type === "stand" ? this.#newLeader(why) : this.#newFollower());
      for (const { number, message } of waiting) this.#received(number, message);
    });
  }

  #left(next: NextLeader | undefined): void {
    for (const left of this.#leaving) left(next);
    this.#leaving.clear();
  }

  #whenFlushed(run: () => void): void {
    const { flusher, options } = this.#life;
    flusher.whenIdle(() => {
      if (flusher.fault === undefined) run();
      else options.clock.after(flushLookMs, () => this.#whenFlushed(run));
    });
  }

  get role(): Role {
    return this.#role.role;
  }

  get applied(): Sequence {
    return this.#role.applied;
  }

  /** Between two roles a node knows none. */
  get leader(): NodeId {
    return this.#waiting === undefined ? this.#role.leader : "";
  }

  get leaderUrl(): string {
    return this.#waiting === undefined ? this.#role.leaderUrl : "";
  }

  #leadership(): Leadership {
    return { role: this.role, leader: this.leader, epoch: this.#role.position().epoch };
  }

  whenLeader(timeoutMs: number): Promise<NodeId | undefined> {
    return this.#life.leaders.whenLeader(timeoutMs);
  }

  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    return this.#role.read(query);
  }

  readMany(query: ReadManyQuery): Result<KeysView> | Promise<Result<KeysView>> {
    return this.#role.readMany(query);
  }

  list(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    return this.#role.list(query);
  }

  write(request: WriteRequest): Promise<Result<WriteReceipt>> {
    return new Promise((resolve) => this.submit(request, resolve));
  }

  /** Like `write`, for callers that step through time by themselves. Answers exactly once. */
  submit(request: WriteRequest, answer: WriteAnswer): void {
    this.#role.submit(request, answer);
  }

  status(): NodeStatus {
    return this.#role.status();
  }

  notReadyFor(purpose: Purpose): readonly string[] {
    return this.#role.notReadyFor(purpose);
  }

  position(): Position {
    return this.#role.position();
  }

  cluster(): ClusterView {
    return this.#role.cluster();
  }

  peerUrl(id: NodeId): string | undefined {
    return this.#role.peerUrl(id);
  }

  configure(change: Partial<LiveConfig>): Promise<Result<LiveConfig>> {
    return this.#role.configure(change);
  }

  subscribe(listener: EventListener): Subscription {
    return this.#life.hub.subscribe(listener);
  }

  watch(query: WatchQuery): Result<WatchHandle> {
    return this.#role.watch(query);
  }

  gauges(): NodeGauges {
    return this.#role.gauges();
  }

  handOver(to = this.#life.options.config.leader): Promise<Result<NextLeader>> {
    const { failover, nodes } = this.#life.options.config;
    const fault = failover
      ? nodes.every(({ id }) => id !== to) && `no node is called ${to}`
      : "leadership moves only with FAILOVER=1";
    if (fault !== false) return Promise.resolve(failed("INVALID_ARGUMENT", fault));
    if (to === this.id && this.role === "leader")
      return Promise.resolve(succeeded({ leader: to, epoch: this.position().epoch }));
    return this.#handOver(to);
  }

  #handOver(to: NodeId, untilAt?: Instant): Promise<Result<NextLeader>> {
    return new Promise((resolve) => {
      const left = (next: NextLeader | undefined) =>
        resolve(next === undefined ? noLeader() : succeeded(next));
      this.#leaving.add(left);
      const failed = (failure: Failed) => {
        this.#leaving.delete(left);
        resolve(failure);
      };
      this.#role.handOver(to, failed, untilAt);
    });
  }

  /** So the others need not wait for an election. */
  retire(): Promise<void> {
    this.#retired ??= this.#life.options.config.failover
      ? this.#handOverInTime()
      : Promise.resolve();
    return this.#retired;
  }

  async close(): Promise<void> {
    if (this.#life.options.config.failover) await this.retire();
    this.#closing = true;
    this.#life.leaders.close();
    await this.#end();
  }

  /** To anybody who does not end too, as far as this node can see; each is asked once. */
  async #handOverInTime(): Promise<void> {
    const { clock } = this.#life.options;
    const untilAt = clock.now() + handoverMsMax;
    const asked = new Set<NodeId>();
    while (!this.#closing && clock.now() < untilAt) {
      const to = this.#role.successor(asked);
      if (to === undefined) return;
      asked.add(to);
      const handed = await this.#handOver(to, untilAt);
      if (!handed.ok) continue;
      const leftMs = Math.max(0, untilAt - clock.now());
      await this.whenLeader(Math.min(leftMs, handoverMsMax / 2));
      return;
    }
  }

  #end(): Promise<void> {
    return new Promise((resolve) => {
      const close = () => this.#role.close(resolve);
      // A role that has ended is closed once its last flush is done.
      if (this.#waiting === undefined) close();
      else this.#life.flusher.whenIdle(close);
    });
  }
}
