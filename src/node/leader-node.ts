import { failed, type Result, succeeded } from "../errors.ts";
import { Leader } from "../replication/leader.ts";
import type { LeaderEffect } from "../replication/leader-effects.ts";
import type { Slot } from "../replication/ledger.ts";
import type { LeaderMessage, Member, NodeId, Sequence } from "../replication/types.ts";
import type {
  ClusterView,
  KeyPage,
  KeyValue,
  KvNode,
  ListQuery,
  LiveConfig,
  NodeGauges,
  NodeStatus,
  Purpose,
  ReadQuery,
  WriteReceipt,
  WriteRequest,
} from "./api.ts";
import { EventHub } from "./event-hub.ts";
import { Flusher } from "./flusher.ts";
import { Inbox } from "./inbox.ts";
import { LeaderReads } from "./leader-reads.ts";
import { clusterView, type LeaderFacts, unreadyReasons } from "./leader-views.ts";
import { LeaderWrites } from "./leader-writes.ts";
import { epochLeap, fallbackUrl, type NodeOptions, ownMember, tickMs } from "./options.ts";
import type { Cancel, Link } from "./ports.ts";
import { inFlightMsMax } from "./stopping.ts";
import { Timeline } from "./timeline.ts";
import { Waiting } from "./waiting.ts";
import { Watches } from "./watches.ts";
import { WriteEvents } from "./write-events.ts";

/** A commit mark travels with the next append, or alone after this time … */
const announceMs = 2;
/** … or after this time, while writes are under way whose successors may carry it. */
const announceLateMs = 10;
const clusterEventMs = 500;

/** The node that orders writes: performs what the rules of leading decide. */
export class LeaderNode implements KvNode {
  readonly id: NodeId;
  readonly role = "leader";
  readonly #options: NodeOptions;
  readonly #core: Leader;
  readonly #flusher: Flusher;
  readonly #links = new Map<NodeId, Link<LeaderMessage>>();
  readonly #hub = new EventHub();
  readonly #story: WriteEvents;
  readonly #timeline = new Timeline();
  readonly #watches: Watches;
  /** Those who wait until one entry is settled. */
  readonly #settling: Waiting;
  readonly #reads: LeaderReads;
  readonly #writes: LeaderWrites;
  readonly #queue = new Inbox<LeaderEffect>({
    perform: (effect) => this.#perform(effect),
    broken: (reason) => this.#stop(reason),
  });
  #cancels: Cancel[] = [];
  #announcing = false;
  #closing = false;
  /** Somebody else leads: what this node says from now on may be old news. */
  #deposed = false;
  #dead = false;
  #config: LiveConfig;
  readonly #startedAt: number;

  constructor(options: NodeOptions) {
    const { config, storage, clock } = options;
    this.#options = options;
    this.id = config.nodeId;
    this.#startedAt = clock.now();
    this.#config = {
      writeQuorum: config.writeQuorum,
      minDelay: config.minDelay,
      maxDelay: config.maxDelay,
      followerDelays: {},
    };
    this.#story = new WriteEvents({ hub: this.#hub, clock, delays: options.delays });
    this.#watches = new Watches({
      ...{ storage, clock, timeoutMs: config.timeout },
      logEnd: () =>
        this.#core.notReady === undefined && !this.#deposed
          ? { last: this.#core.last, trueAt: clock.now() }
          : undefined,
    });
    this.#settling = new Waiting(clock);
    const { applied, digest, history } = storage.summary();
    const everything = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
    this.#core = new Leader({
      id: this.id,
      followers: config.nodes.map(({ id }) => id).filter((id) => id !== this.id),
      writeQuorum: config.writeQuorum,
      hardState: storage.hardState(),
      applied,
      digest,
      history,
      tail: storage.readLog(applied + 1, everything),
      member: ownMember(config),
      log: {
        first: () => storage.logBounds().first,
        read: (from, limit) => storage.readLog(from, limit),
        history: (range) => storage.logHistory(range),
      },
      store: storage,
      leap: epochLeap(options.incarnation),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    this.#flusher = new Flusher({
      storage,
      clock,
      retention: config.logRetention,
      neededFrom: () => this.#core.neededFrom,
      events: {
        applied: (entries, { applied: through, digest: newDigest, history: newHistory }) => {
          this.#do(() => this.#core.storeApplied(through, newDigest, newHistory));
          this.#watches.applied(entries);
        },
        fault: (reason) => this.#storageFault(reason),
        flushed: (figures) => options.observer.flushed(figures),
        between: () => this.#writes.betweenFlushes(),
      },
    });
    const parts = {
      ...{ core: this.#core, storage, settling: this.#settling, timeoutMs: config.timeout },
      isOver: () => this.#dead || this.#deposed,
    };
    this.#reads = new LeaderReads(parts);
    this.#writes = new LeaderWrites({
      ...parts,
      ...{ clock, observer: options.observer, delays: options.delays },
      ...{ flusher: this.#flusher, story: this.#story, timeline: this.#timeline },
      followers: config.nodes.length - 1,
      take: (fact) => this.#do(fact),
      isClosing: () => this.#closing,
    });
  }

  start(): void {
    const { network, clock, config } = this.#options;
    this.#applyDelays();
    network.listen((link) => {
      // Only one that leads deposes another: by its settings alone it may be the one that is mistaken.
      const promisedEpoch = this.#core.notReady === undefined ? this.#core.epoch : 0;
      link.send({
        type: "refusal",
        promisedEpoch,
        promisedLeader: this.id,
        reason: `the settings of ${this.id} name itself as the leader`,
      });
      return { received: () => link.close(), closed: () => {} };
    });
    this.#do(() => this.#core.start(clock.now()));
    for (const { id } of config.nodes) if (id !== this.id) this.#dial(id);
    this.#repeat(tickMs, () => this.#do(() => this.#core.tick(clock.now())));
    this.#repeat(clusterEventMs, () => this.#publishCluster());
    this.#repeat(1_000, () => this.#story.closeSecond());
  }

  get applied(): Sequence {
    return this.#core.applied;
  }

  get leaderUrl(): string {
    return this.#options.config.advertiseUrl;
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
  submit(request: WriteRequest, answer: (result: Result<WriteReceipt>) => void): void {
    this.#writes.submit(request, answer);
  }

  // --- what the world sees ---------------------------------------------------------------------

  position(): ReturnType<KvNode["position"]> {
    const { epoch, last, committed, applied } = this.#core;
    return { epoch, last, committed, applied };
  }

  status(): NodeStatus {
    const core = this.#core;
    const { digest, keys } = this.#options.storage.summary();
    const reasons = this.#reasons();
    return {
      id: this.id,
      role: "leader",
      leader: this.id,
      epoch: core.epoch,
      last: core.last,
      committed: core.committed,
      applied: core.applied,
      digest,
      keys,
      uptimeSeconds: (this.#options.clock.now() - this.#startedAt) / 1000,
      config: { ...this.#config, timeout: this.#options.config.timeout },
      ready: reasons.length === 0,
      reasons,
    };
  }

  #reasons(): readonly string[] {
    return [...this.#endReasons(), ...unreadyReasons(this.#facts)];
  }

  #endReasons(): readonly string[] {
    return [
      ...(this.#closing ? ["shutting down"] : []),
      ...(this.#dead ? ["this reign is over"] : []),
    ];
  }

  /** Reads need neither followers nor a disk that flushes. */
  notReadyFor(purpose: Purpose): readonly string[] {
    if (purpose === "writes") return this.#reasons();
    const { notReady } = this.#core;
    return notReady === undefined ? this.#endReasons() : [...this.#endReasons(), notReady];
  }

  cluster(): ClusterView {
    return clusterView(this.#facts);
  }

  get #facts(): LeaderFacts {
    const { config, clock, incarnation } = this.#options;
    const { fault } = this.#flusher;
    const [core, timeline] = [this.#core, this.#timeline];
    return { core, config, timeline, incarnation, fault, now: clock.now() };
  }

  peerUrl(id: NodeId): string | undefined {
    const member: Member | undefined = this.#core.members.find((known) => known.id === id);
    return member?.peerUrl ?? fallbackUrl(this.#options.config, id);
  }

  configure(change: Partial<LiveConfig>): Result<LiveConfig> {
    const next = { ...this.#config, ...change };
    const followers = this.#options.config.nodes.length - 1;
    if (!Number.isInteger(next.writeQuorum) || next.writeQuorum < 0 || next.writeQuorum > followers)
      return failed(
        "INVALID_ARGUMENT",
        `writeQuorum must be a whole number from 0 to ${followers}`,
      );
    if (!(next.minDelay >= 0 && next.minDelay <= next.maxDelay))
      return failed("INVALID_ARGUMENT", "minDelay must be from 0 to maxDelay");
    this.#config = next;
    this.#applyDelays();
    this.#do(() => this.#core.setWriteQuorum(next.writeQuorum, this.#options.clock.now()));
    this.#options.log.info({ config: next }, "settings changed");
    this.#hub.publish({ type: "config", at: this.#options.clock.wall(), config: next });
    return succeeded(next);
  }

  #applyDelays(): void {
    const { minDelay, maxDelay, followerDelays } = this.#config;
    const range = { minDelayMs: minDelay, maxDelayMs: maxDelay };
    this.#options.delays.configure(range, followerDelays);
  }

  subscribe(listener: Parameters<KvNode["subscribe"]>[0]): ReturnType<KvNode["subscribe"]> {
    return this.#hub.subscribe(listener);
  }

  watch(query: Parameters<KvNode["watch"]>[0]): ReturnType<KvNode["watch"]> {
    return this.#watches.add(query);
  }

  gauges(): NodeGauges {
    const { entries, bytes } = this.#core.waiting;
    return { inFlight: this.#settling.size, inFlightBytes: bytes, unapplied: entries };
  }

  /** Refuses new writes, gives those in flight a while, answers the rest "unknown", flushes. */
  close(): Promise<void> {
    this.#closing = true;
    this.#watches.close();
    return new Promise((resolve) => {
      const waitMs = Math.min(inFlightMsMax, this.#options.config.timeout);
      const until = this.#options.clock.now() + waitMs;
      const look = () => {
        const open = this.#settling.size + this.#writes.waiting;
        if (open > 0 && this.#options.clock.now() < until && !this.#dead) {
          this.#options.clock.after(10, look);
          return;
        }
        this.#settling.expireAll();
        this.#flusher.whenIdle(() => this.#end(resolve));
      };
      look();
    });
  }

  #end(resolve: () => void): void {
    this.#dead = true;
    // A write of the last turn may have been proposed since.
    this.#settling.expireAll();
    this.#flusher.close();
    for (const cancel of this.#cancels) cancel();
    for (const link of this.#links.values()) link.close();
    resolve();
  }

  // --- performing ------------------------------------------------------------------------------

  #dial(to: NodeId): void {
    const { network, clock } = this.#options;
    const cancel = network.dial(to, (link) => {
      this.#links.set(to, link);
      this.#do(() => this.#core.linkOpened(to, clock.now()));
      return {
        received: (message) => {
          if (this.#links.get(to) === link)
            this.#do(() => this.#core.received(to, message, clock.now()));
        },
        closed: (reason) => {
          if (this.#links.get(to) !== link) return;
          this.#links.delete(to);
          this.#options.log.info({ follower: to, reason }, "stream closed");
          this.#do(() => this.#core.linkClosed(to, clock.now()));
        },
      };
    });
    this.#cancels.push(cancel);
  }

  #do(fact: () => readonly LeaderEffect[]): void {
    if (this.#dead || !this.#queue.take(fact)) return;
    this.#flusher.kick();
    this.#announceSoon();
  }

  #perform(effect: LeaderEffect): void {
    const { log, clock, observer } = this.#options;
    switch (effect.type) {
      case "send":
        this.#links.get(effect.to)?.send(effect.message);
        return;
      case "persist":
        this.#flusher.add({
          type: "batch",
          append: effect.entries,
          apply: [],
          hardState: effect.hardState,
          flushed: () => this.#do(() => this.#core.persisted(effect.flush, clock.now())),
        });
        return;
      case "apply":
        this.#flusher.add({
          type: "batch",
          append: [],
          apply: effect.entries,
          hardState: undefined,
          flushed: undefined,
        });
        return;
      case "close":
        this.#options.log.warn({ follower: effect.to, reason: effect.reason }, "stream given up");
        this.#links.get(effect.to)?.close();
        return;
      case "beginStore":
        this.#flusher.add({ type: "begin" });
        return;
      case "addRecords":
        this.#flusher.add({
          type: "records",
          records: effect.records,
          flushed: () => this.#do(() => this.#core.persisted(effect.flush, clock.now())),
        });
        return;
      case "installStore":
        this.#flusher.add({
          type: "install",
          end: effect.end,
          hardState: effect.hardState,
          flushed: () => {
            this.#do(() => this.#core.persisted(effect.flush, clock.now()));
            this.#watches.jumped();
          },
        });
        return;
      case "settled":
        for (const slot of effect.slots) this.#settled(slot);
        return;
      case "acked":
        this.#story.acked(effect.from, effect.ranges);
        return;
      case "member": {
        const { id, state, restarted } = effect;
        log.info({ member: id, state, restarted, epoch: this.#core.epoch }, "member changed");
        this.#hub.publish({ type: "member", at: clock.wall(), id, state, restarted });
        return;
      }
      case "storeReplaced":
        log.error(
          { member: effect.id, applied: effect.applied },
          "a follower has applied what this history lacks: a snapshot replaces its store",
        );
        return;
      case "refused":
        log.warn(
          { follower: effect.by, reason: effect.reason },
          "a follower refuses to follow this leader",
        );
        return;
      case "floor": {
        const { quorum, degraded } = effect;
        if (degraded)
          log.warn({ quorum }, "low quorum with few live followers: keep this disk safe");
        else log.info({ quorum }, "enough followers know of the low quorum");
        return;
      }
      case "digestMismatch": {
        const { id, applied } = effect;
        observer.digestMismatch(id);
        log.error({ member: id, applied }, "stores differ at the same applied mark");
        return;
      }
      case "deposed": {
        const { by, epoch } = effect;
        const reason = `${by} shows that epoch ${epoch} is not this node's: its reign is over`;
        this.#deposed = true;
        this.#flusher.whenIdle(() => this.#stop(reason));
        return;
      }
    }
  }

  #settled(slot: Slot): void {
    const latencyMs = this.#options.clock.now() - slot.proposedAt;
    if (!slot.inherited) {
      this.#options.observer.settled(latencyMs);
      this.#story.settled(slot, latencyMs);
    }
    this.#settling.reach(slot.entry.sequence);
  }

  #announceSoon(): void {
    if (this.#announcing) return;
    this.#announcing = true;
    const { clock } = this.#options;
    const lateAt = clock.now() + announceLateMs;
    const look = () => {
      const underWay = this.#core.committed < this.#core.last;
      if (underWay && clock.now() < lateAt && !this.#dead) {
        clock.after(announceMs, look);
        return;
      }
      this.#announcing = false;
      if (!this.#dead) this.#announce();
    };
    clock.after(announceMs, look);
  }

  #announce(): void {
    for (const effect of this.#core.announce()) this.#perform(effect);
  }

  #storageFault(reason: string | undefined): void {
    const { log } = this.#options;
    if (reason === undefined) log.info({}, "storage flushes again");
    else log.error({ reason }, "storage cannot flush: writes are refused until it can");
  }

  #publishCluster(): void {
    const cluster = this.cluster();
    this.#hub.publish({ type: "cluster", at: this.#options.clock.wall(), cluster });
  }

  #repeat(everyMs: number, run: () => void): void {
    let cancel: Cancel = () => {};
    const again = () => {
      cancel = this.#options.clock.after(everyMs, again);
      run();
    };
    cancel = this.#options.clock.after(everyMs, again);
    this.#cancels.push(() => cancel());
  }

  #stop(reason: string): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#flusher.close();
    this.#options.log.error({ reason, epoch: this.#core.epoch }, "the node stops");
    this.#options.fatal(reason);
  }
}
