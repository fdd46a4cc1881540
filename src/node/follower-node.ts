import { type Failed, failed, type Result, succeeded } from "../errors.ts";
import { Follower } from "../replication/follower.ts";
import type { FollowerEffect, LinkNumber } from "../replication/follower-effects.ts";
import type { FollowerMessage, LeaderMessage, NodeId, Sequence } from "../replication/types.ts";
import type { LogEnd } from "./ahead-watches.ts";
import type {
  ClusterView,
  KeyPage,
  KeyValue,
  KvNode,
  ListQuery,
  LiveConfig,
  MemberView,
  NodeGauges,
  NodeStatus,
  Purpose,
  ReadQuery,
  WriteReceipt,
} from "./api.ts";
import { EventHub } from "./event-hub.ts";
import { Flusher } from "./flusher.ts";
import { Inbox } from "./inbox.ts";
import { listStore } from "./list.ts";
import { fallbackUrl, type NodeOptions, ownMember } from "./options.ts";
import type { Link } from "./ports.ts";
import { notFound, overloaded, recovering } from "./refusals.ts";
import { Waiting, waitingMax } from "./waiting.ts";
import { Watches } from "./watches.ts";

const clusterEventMs = 500;
const replacingReason = "this node's store is not the cluster's: a snapshot is replacing it";
/**
 * No heartbeat is expected to take longer on its way. One that does may let a watch be refused that
 * is merely ahead of this node, and its client then reads more than it had to.
 */
const heartbeatAgeMsMax = 2_000;

/** A node that holds a copy: performs what the rules of following decide. */
export class FollowerNode implements KvNode {
  readonly id: NodeId;
  readonly role = "follower";
  readonly #options: NodeOptions;
  readonly #core: Follower;
  readonly #flusher: Flusher;
  readonly #links = new Map<LinkNumber, Link<FollowerMessage>>();
  readonly #hub = new EventHub();
  readonly #watches: Watches;
  /** Reads that wait until this node has applied far enough. */
  readonly #applying: Waiting;
  readonly #queue = new Inbox<FollowerEffect>({
    perform: (effect) => this.#perform(effect),
    broken: (reason) => this.#stop(reason),
  });
  #linkCount = 0;
  /** Until it is installed, or its stream ends. */
  #takesSnapshot = false;
  #heardAt: number | undefined;
  /** What the followed leader's last heartbeat said; undefined before its first one. */
  #logEnd: LogEnd | undefined;
  #closing = false;
  #dead = false;
  #cancelEvents: () => void = () => {};
  readonly #startedAt: number;

  constructor(options: NodeOptions) {
    const { config, storage, clock } = options;
    this.#options = options;
    this.id = config.nodeId;
    this.#startedAt = clock.now();
    this.#watches = new Watches({
      ...{ storage, clock, logEnd: () => this.#logEnd },
      timeoutMs: Math.max(config.timeout, 2 * heartbeatAgeMsMax),
    });
    this.#applying = new Waiting(clock);
    const { applied, digest, history } = storage.summary();
    this.#core = new Follower({
      id: this.id,
      leader: config.leader,
      hardState: storage.hardState(),
      applied,
      digest,
      history,
      member: ownMember(config),
      incarnation: options.incarnation,
      last: () => storage.logBounds().last,
      log: {
        first: () => storage.logBounds().first,
        read: (from, limit) => storage.readLog(from, limit),
        history: (range) => storage.logHistory(range),
      },
      store: storage,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    this.#flusher = new Flusher({
      storage,
      clock,
      retention: config.logRetention,
      events: {
        applied: (entries, { applied: through, digest: newDigest, history: newHistory }) => {
          this.#do(() => {
            this.#core.storeApplied(through, newDigest, newHistory);
            return [];
          });
          this.#applying.reachAll(through);
          this.#watches.applied(entries);
        },
        fault: (reason) => this.#storageFault(reason),
        flushed: (figures) => options.observer.flushed(figures),
        between: () => {},
      },
    });
  }

  start(): void {
    const { network, clock } = this.#options;
    network.listen((link) => {
      this.#linkCount += 1;
      const number = this.#linkCount;
      this.#links.set(number, link);
      return {
        received: (message) => {
          // What has come is flushed and acked; more would keep a closing node busy for ever.
          if (this.#closing) return;
          this.#heardAt = clock.now();
          this.#do(() => this.#core.received(number, message));
          if (this.#links.has(number)) this.#noteLogEnd(message);
        },
        closed: (reason) => {
          this.#logEnd = undefined;
          this.#links.delete(number);
          this.#takesSnapshot = false;
          this.#options.log.info({ reason }, "the leader's stream closed");
          this.#do(() => this.#core.linkClosed(number));
        },
      };
    });
    const publish = () => {
      this.#hub.publish({ type: "cluster", at: clock.wall(), cluster: this.cluster() });
      this.#cancelEvents = clock.after(clusterEventMs, publish);
    };
    this.#cancelEvents = clock.after(clusterEventMs, publish);
  }

  /** A promise or a new stream makes what was heard before it count for nothing. */
  #noteLogEnd({ type }: LeaderMessage): void {
    const { following, news } = this.#core;
    if (!following || type === "lead") this.#logEnd = undefined;
    else if (type === "heartbeat" && news !== undefined)
      this.#logEnd = {
        last: news.last,
        trueAt: this.#options.clock.now() - heartbeatAgeMsMax,
      };
  }

  get applied(): Sequence {
    return this.#core.applied;
  }

  get leaderUrl(): string {
    const { config } = this.#options;
    const known = this.#core.hardState.members.find(({ id }) => id === config.leader);
    return known?.url ?? fallbackUrl(config, config.leader) ?? "";
  }

  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    const { key, minVersion } = query;
    if (this.#core.replacing) return recovering(replacingReason);
    if (minVersion !== undefined && minVersion > this.applied)
      return this.#afterApplied(minVersion, () => this.read({ key }));
    const record = this.#options.storage.get(key);
    return record === undefined ? notFound(key) : succeeded(record);
  }

  list(query: ListQuery): Result<KeyPage> {
    if (this.#core.replacing) return recovering(replacingReason);
    return succeeded(listStore(this.#options.storage, query));
  }

  #afterApplied<T>(
    sequence: Sequence,
    again: () => Result<T> | Promise<Result<T>>,
  ): Promise<Result<T>> {
    return new Promise((resolve) => {
      if (this.#applying.size >= waitingMax) {
        resolve(overloaded(`${waitingMax} reads already wait`));
        return;
      }
      this.#applying.add(sequence, {
        timeoutMs: this.#options.config.timeout,
        reached: () => resolve(again()),
        expired: () =>
          resolve(recovering(`this node has applied ${this.applied}, not yet ${sequence}`)),
      });
    });
  }

  write(): Promise<Result<WriteReceipt>> {
    return Promise.resolve(this.#notLeader());
  }

  configure(): Result<LiveConfig> {
    return this.#notLeader();
  }

  #notLeader(): Failed {
    const { leader } = this.#options.config;
    const { leaderUrl } = this;
    return failed("NOT_LEADER", `${this.id} is a follower; the leader is ${leader}, ${leaderUrl}`, {
      members: { leader, leaderUrl },
    });
  }

  position(): ReturnType<KvNode["position"]> {
    const { epoch, last, committed, applied } = this.#core;
    return { epoch, last, committed, applied };
  }

  status(): NodeStatus {
    const { config, clock, storage } = this.#options;
    const { digest, keys } = storage.summary();
    const reasons = this.#reasons();
    return {
      id: this.id,
      role: "follower",
      leader: config.leader,
      epoch: this.#core.epoch,
      last: this.#core.last,
      committed: this.#core.committed,
      applied: this.applied,
      digest,
      keys,
      uptimeSeconds: (clock.now() - this.#startedAt) / 1000,
      config: {
        writeQuorum: this.#core.news?.writeQuorum ?? config.writeQuorum,
        minDelay: config.minDelay,
        maxDelay: config.maxDelay,
        followerDelays: {},
        timeout: config.timeout,
      },
      ready: reasons.length === 0,
      reasons,
    };
  }

  /** Reads need no leader, only a store that was whole once. */
  notReadyFor(purpose: Purpose): readonly string[] {
    const reasons = this.#endReasons();
    if (purpose === "writes") {
      reasons.push(`${this.id} is a follower; writes go to ${this.#options.config.leader}`);
    } else if (this.#core.hardState.blank) {
      reasons.push("this node has not yet held a whole store");
    } else if (this.#takesSnapshot) {
      reasons.push("this node receives a snapshot: it is far behind");
    }
    return reasons;
  }

  #endReasons(): string[] {
    const reasons: string[] = [];
    if (this.#closing) reasons.push("shutting down");
    if (this.#dead) reasons.push("the node has stopped");
    return reasons;
  }

  #reasons(): readonly string[] {
    const reasons = this.#endReasons();
    if (this.#flusher.fault !== undefined)
      reasons.push(`storage cannot flush: ${this.#flusher.fault}`);
    if (!this.#core.following) reasons.push("no stream from the leader");
    else if (this.#core.replacing) reasons.push(replacingReason);
    else if (this.#core.hardState.blank)
      reasons.push("still receiving what the leader held when this node came");
    return reasons;
  }

  cluster(): ClusterView {
    const { config, clock } = this.#options;
    const core = this.#core;
    const urls = new Map(core.hardState.members.map(({ id, url }) => [id, url]));
    const sinceMs = this.#heardAt === undefined ? null : clock.now() - this.#heardAt;
    const { news } = core;
    const last = Math.max(core.last, news?.last ?? 0);
    const nodes = config.nodes.map(({ id }): MemberView => {
      const own = id === this.id;
      const leads = id === config.leader;
      const applied = own ? core.applied : leads ? (news?.applied ?? null) : null;
      const lag = own ? Math.max(0, last - core.applied) : null;
      return {
        id,
        role: leads ? "leader" : "follower",
        url: own ? config.advertiseUrl : (urls.get(id) ?? fallbackUrl(config, id) ?? ""),
        state: own ? "live" : leads ? (core.following ? "live" : "unreachable") : "unknown",
        acked: own ? core.applied : leads ? (news?.last ?? null) : null,
        applied,
        lag,
        lagMs: lag === null || lag === 0 ? lag : sinceMs,
        digestMatch: null,
        lastContactMs: own ? 0 : leads ? sinceMs : null,
        incarnation: own ? this.#options.incarnation : "",
        storageFault: own ? (this.#flusher.fault ?? "") : "",
        refusal: "",
      };
    });
    return {
      leader: config.leader,
      servedBy: this.id,
      fromLeader: false,
      epoch: core.epoch,
      last,
      committed: core.committed,
      writeQuorum: news?.writeQuorum ?? config.writeQuorum,
      nodes,
    };
  }

  peerUrl(id: NodeId): string | undefined {
    if (id === this.id) return ownMember(this.#options.config).peerUrl;
    const known = this.#core.hardState.members.find((member) => member.id === id);
    return known?.peerUrl ?? fallbackUrl(this.#options.config, id);
  }

  subscribe(listener: Parameters<KvNode["subscribe"]>[0]): ReturnType<KvNode["subscribe"]> {
    return this.#hub.subscribe(listener);
  }

  watch(query: Parameters<KvNode["watch"]>[0]): ReturnType<KvNode["watch"]> {
    return this.#core.replacing ? recovering(replacingReason) : this.#watches.add(query);
  }

  gauges(): NodeGauges {
    return { inFlight: this.#applying.size, inFlightBytes: 0, unapplied: this.#core.backlog };
  }

  close(): Promise<void> {
    this.#closing = true;
    this.#applying.expireAll();
    this.#watches.close();
    return new Promise((resolve) => {
      const end = () => {
        this.#dead = true;
        this.#flusher.close();
        this.#cancelEvents();
        for (const link of this.#links.values()) link.close();
        resolve();
      };
      this.#flusher.whenIdle(end);
    });
  }

  #do(fact: () => readonly FollowerEffect[]): void {
    if (!this.#dead && this.#queue.take(fact)) this.#flusher.kick();
  }

  #perform(effect: FollowerEffect): void {
    const { config } = this.#options;
    const flushed = (flush: Parameters<Follower["persisted"]>[0]) => () =>
      this.#do(() => this.#core.persisted(flush));
    switch (effect.type) {
      case "send":
        this.#links.get(effect.link)?.send(effect.message);
        return;
      case "close": {
        const link = this.#links.get(effect.link);
        this.#links.delete(effect.link);
        link?.close();
        return;
      }
      case "storeReplaced":
        this.#options.log.error(
          { leader: effect.leader, applied: effect.applied },
          "the leader's history lacks what this node has applied: a snapshot replaces its store",
        );
        this.#watches.replaced();
        return;
      case "strangerRefused":
        this.#options.log.warn(
          { leader: effect.leader, refusedEpoch: effect.epoch, expected: config.leader },
          "refused to follow a node that LEADER does not name: check its settings and this node's",
        );
        return;
      case "persist": {
        const { entries, hardState, flush } = effect;
        this.#flusher.add({
          type: "batch",
          append: entries,
          apply: [],
          hardState,
          flushed: flushed(flush),
        });
        return;
      }
      case "apply":
        this.#flusher.add({
          type: "batch",
          append: [],
          apply: effect.entries,
          hardState: undefined,
          flushed: undefined,
        });
        return;
      case "beginStore":
        this.#takesSnapshot = true;
        this.#flusher.add({ type: "begin" });
        return;
      case "addRecords": {
        const { records, flush } = effect;
        this.#flusher.add({ type: "records", records, flushed: flushed(flush) });
        return;
      }
      case "installStore":
        this.#flusher.add({
          type: "install",
          end: effect.end,
          hardState: effect.hardState,
          flushed: () => {
            this.#takesSnapshot = false;
            flushed(effect.flush)();
            this.#applying.reachAll(this.#core.applied);
            this.#watches.jumped();
          },
        });
        return;
    }
  }

  #storageFault(reason: string | undefined): void {
    this.#core.storageFault = reason ?? "";
    const { log } = this.#options;
    if (reason === undefined) log.info({}, "storage flushes again");
    else log.error({ reason }, "storage cannot flush: this node acks nothing until it can");
  }

  #stop(reason: string): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#flusher.close();
    this.#options.log.error({ reason, epoch: this.#core.epoch }, "the node stops");
    this.#options.fatal(reason);
  }
}
