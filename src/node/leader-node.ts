import { failed, type Result, succeeded } from "../errors.ts";
import { Leader } from "../replication/leader.ts";
import type { LeaderEffect } from "../replication/leader-effects.ts";
import type { Slot } from "../replication/ledger.ts";
import type { ProposalOutcome, Refusal } from "../replication/proposal.ts";
import type { LeaderMessage, Member, NodeId, Sequence } from "../replication/types.ts";
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
  ReadQuery,
  WriteReceipt,
  WriteRequest,
} from "./api.ts";
import { EventHub } from "./event-hub.ts";
import { Flusher } from "./flusher.ts";
import { listSettled } from "./list.ts";
import { epochLeap, guessedUrl, type NodeOptions, ownMember, tickMs } from "./options.ts";
import type { Cancel, Link } from "./ports.ts";
import { Timeline } from "./timeline.ts";
import { Waiting } from "./waiting.ts";
import { Watches } from "./watches.ts";
import { WriteStory } from "./write-story.ts";

interface Ask {
  readonly request: WriteRequest;
  readonly proposedAt: number;
  readonly deadlineAt: number;
  readonly answer: (result: Result<WriteReceipt>) => void;
}

/** Writes and reads that wait at the same time, beyond those the backlog bounds. */
const waitingMax = 65_536;
/** A commit mark travels with the next append, or alone after this time … */
const announceMs = 2;
/** … or after this time, while writes are under way whose successors may carry it. */
const announceLateMs = 10;
/** Writes wait at most this long for a flush that is under way before they are proposed. */
const gatherMsMax = 3;
const clusterEventMs = 500;
/** How long a closing leader waits for what is in flight. */
const closingMs = 3_000;

/** The node that orders writes: performs what the rules of leading decide. */
export class LeaderNode implements KvNode {
  readonly id: NodeId;
  readonly role = "leader";
  readonly #options: NodeOptions;
  readonly #core: Leader;
  readonly #flusher: Flusher;
  readonly #links = new Map<NodeId, Link<LeaderMessage>>();
  readonly #hub = new EventHub();
  readonly #story: WriteStory;
  readonly #timeline = new Timeline();
  readonly #watches: Watches;
  /** Those who wait until one entry is settled. */
  readonly #settling: Waiting;
  /** Writes that will be proposed together. */
  #asks: Ask[] = [];
  #gathering = false;
  #stopGathering: Cancel = () => {};
  #facts: (() => readonly LeaderEffect[])[] = [];
  #performing = false;
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
    this.#story = new WriteStory({ hub: this.#hub, clock, delays: options.delays });
    this.#watches = new Watches({ storage, clock });
    this.#settling = new Waiting(clock);
    const { applied, digest } = storage.summary();
    const everything = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
    this.#core = new Leader({
      id: this.id,
      followers: config.nodes.map(({ id }) => id).filter((id) => id !== this.id),
      writeQuorum: config.writeQuorum,
      marks: storage.marks(),
      applied,
      digest,
      tail: storage.readLog(applied + 1, everything),
      member: ownMember(config),
      log: {
        first: () => storage.logBounds().first,
        read: (from, limit) => storage.readLog(from, limit),
      },
      store: storage,
      leap: epochLeap(options.incarnation),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    this.#flusher = new Flusher({
      storage,
      clock,
      retention: config.logRetention,
      events: {
        applied: (entries, through, newDigest) => {
          this.#do(() => this.#core.storeApplied(through, newDigest));
          this.#watches.applied(entries);
        },
        fault: (reason) => this.#storageFault(reason),
        flushed: (figures) => options.observer.flushed(figures),
        between: () => {
          if (this.#gathering) this.#propose();
        },
      },
    });
  }

  start(): void {
    const { network, clock, config } = this.#options;
    this.#applyDelays();
    network.listen((link) => {
      const promisedEpoch = this.#core.epoch;
      link.send({
        type: "refusal",
        promisedEpoch,
        promisedLeader: this.id,
        reason: `${this.id} leads by its own settings`,
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

  // --- reads -----------------------------------------------------------------------------------

  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    const blocked = this.#notReading();
    if (blocked !== undefined) return blocked;
    const { key, minVersion } = query;
    if (minVersion !== undefined && !this.#core.ledger.isSettled(minVersion))
      return this.#afterSettled(minVersion, () => this.read(query));
    const sight = this.#core.overlay.sight(key);
    if (sight.is === "unsure") return this.#afterSettled(sight.sequence, () => this.read(query));
    if (sight.is === "pending") {
      const { value, sequence } = sight.write;
      return value === undefined ? notFound(key) : succeeded({ key, value, version: sequence });
    }
    const record = this.#options.storage.get(key);
    return record === undefined ? notFound(key) : succeeded(record);
  }

  list(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>> {
    const blocked = this.#notReading();
    if (blocked !== undefined) return blocked;
    const unsure = this.#core.overlay.unsureThrough();
    if (unsure > 0) return this.#afterSettled(unsure, () => this.list(query));
    const page = listSettled(this.#options.storage, this.#core.overlay, query);
    // Whatever is committed is settled, and so on the page, be it applied or not.
    return succeeded({ ...page, sequence: this.#core.committed });
  }

  /** Before a reign is established, nobody knows what was answered in the one before. */
  #notReading(): { ok: false; failure: import("../errors.ts").Failure } | undefined {
    const over = this.#dead || this.#deposed;
    const reason = over ? "this reign is over" : this.#core.notReady;
    return reason === undefined
      ? undefined
      : failed("RECOVERING", `the leader is not ready: ${reason}`, { retryAfterSeconds: 1 });
  }

  #afterSettled<T>(
    sequence: Sequence,
    again: () => Result<T> | Promise<Result<T>>,
  ): Promise<Result<T>> {
    return new Promise((resolve) => {
      if (this.#settling.size >= waitingMax) {
        resolve(overloaded(`${waitingMax} calls already wait`));
        return;
      }
      this.#settling.add(sequence, {
        timeoutMs: this.#options.config.timeout,
        reached: () => resolve(again()),
        expired: () =>
          resolve(
            failed("RECOVERING", `entry ${sequence} was not settled in time`, {
              retryAfterSeconds: 1,
            }),
          ),
      });
    });
  }

  // --- writes ----------------------------------------------------------------------------------

  write(request: WriteRequest): Promise<Result<WriteReceipt>> {
    return new Promise((resolve) => this.submit(request, resolve));
  }

  /** Like `write`, for callers that step through time by themselves. Answers exactly once. */
  submit(request: WriteRequest, answer: (result: Result<WriteReceipt>) => void): void {
    const refusal = this.#refuseEarly(request);
    if (refusal !== undefined) {
      this.#options.observer.wrote("refused", 0);
      answer(refusal);
      return;
    }
    const proposedAt = this.#options.clock.now();
    const deadlineAt = proposedAt + (request.timeoutMs ?? this.#options.config.timeout);
    this.#asks.push({ request, proposedAt, deadlineAt, answer });
    if (this.#asks.length === 1) this.#options.clock.defer(() => this.#proposeSoon());
  }

  #refuseEarly(request: WriteRequest): Result<WriteReceipt> | undefined {
    const followers = this.#options.config.nodes.length - 1;
    if (request.quorum !== undefined && request.quorum > followers)
      return failed("INVALID_ARGUMENT", `quorum must be a whole number from 0 to ${followers}`);
    if (this.#closing)
      return failed("SHUTTING_DOWN", "this node is shutting down; nothing was written", {
        retryAfterSeconds: 1,
      });
    if (this.#dead || this.#deposed)
      return failed("RECOVERING", "this reign is over", { retryAfterSeconds: 1 });
    const { fault } = this.#flusher;
    if (fault !== undefined)
      return overloaded(`the leader's storage cannot flush: ${fault}; nothing was written`);
    if (this.#asks.length + this.#settling.size >= waitingMax)
      return overloaded(`${waitingMax} writes already wait; nothing was written`);
    return undefined;
  }

  /**
   * While a flush is under way, the writes of further turns join this one: they could not be
   * flushed sooner, and share one message for each follower. Only a slow disk makes them go alone.
   */
  #proposeSoon(): void {
    if (this.#asks.length === 0 || this.#gathering) return;
    if (!this.#flusher.busy) {
      this.#propose();
      return;
    }
    this.#gathering = true;
    this.#stopGathering = this.#options.clock.after(gatherMsMax, () => this.#propose());
  }

  #propose(): void {
    this.#gathering = false;
    this.#stopGathering();
    const asks = this.#asks;
    this.#asks = [];
    if (this.#dead || this.#deposed) {
      for (const { answer } of asks)
        answer(failed("RECOVERING", "this reign is over", { retryAfterSeconds: 1 }));
      return;
    }
    const now = this.#options.clock.now();
    const proposals = asks.map(({ request, proposedAt, deadlineAt }) => ({
      operations: request.operations,
      quorum: request.quorum,
      proposedAt,
      deadlineAt,
    }));
    this.#timeline.note(this.#core.last + 1, now);
    this.#do(() => {
      const { outcomes, effects } = this.#core.propose(proposals, now);
      for (const [index, outcome] of outcomes.entries()) {
        const ask = asks[index];
        if (ask !== undefined) this.#await(ask, outcome, now);
      }
      return effects;
    });
  }

  #await(ask: Ask, outcome: ProposalOutcome, now: number): void {
    if (outcome.is === "refused") {
      this.#refuse(ask, outcome.refusal);
      return;
    }
    const { sequence } = outcome;
    const slot = this.#core.ledger.slot(sequence);
    if (slot === undefined) return;
    this.#story.proposed(slot);
    this.#settling.add(sequence, {
      timeoutMs: ask.deadlineAt - now,
      reached: () => this.#answer(ask, slot),
      expired: () => this.#unknown(ask, slot),
    });
  }

  #answer(ask: Ask, slot: Slot): void {
    const latencyMs = this.#options.clock.now() - ask.proposedAt;
    this.#options.observer.wrote("settled", latencyMs);
    const { sequence } = slot.entry;
    const { delays } = this.#options;
    const trace = ask.request.trace === true;
    const acks = slot.acks.map(({ node, at }) => ({
      node,
      ms: at - ask.proposedAt,
      delayMs: trace ? delays.elapsedMs(node, sequence) : 0,
    }));
    ask.answer(succeeded({ version: sequence, quorum: slot.quorum, acks, latencyMs }));
  }

  #unknown(ask: Ask, slot: Slot): void {
    const { sequence } = slot.entry;
    const acks = slot.acks.map(({ node }) => node);
    this.#options.observer.wrote("unknown", this.#options.clock.now() - ask.proposedAt);
    this.#story.unknown(slot);
    ask.answer(
      failed(
        "OUTCOME_UNKNOWN",
        `the deadline passed with ${acks.length} of ${slot.quorum} acks: the write may still settle`,
        { members: { version: sequence, acks, quorum: slot.quorum } },
      ),
    );
  }

  #refuse(ask: Ask, refusal: Refusal): void {
    this.#options.observer.wrote("refused", 0);
    const result = refusalResult(refusal);
    const after = "after" in refusal ? refusal.after : 0;
    if (after === 0 || this.#core.ledger.isSettled(after)) {
      ask.answer(result);
      return;
    }
    // What the refusal rests on may still vanish: it is true only once that entry is settled.
    this.#settling.add(after, {
      timeoutMs: ask.deadlineAt - this.#options.clock.now(),
      reached: () => ask.answer(result),
      expired: () =>
        ask.answer(
          failed(
            "QUORUM_UNAVAILABLE",
            `whether the condition holds depends on write ${after}, which is not settled; ` +
              "nothing was written",
            {
              retryAfterSeconds: 1,
              members: {
                live: this.#core.liveFollowers.length,
                quorum: ask.request.quorum ?? this.#core.writeQuorum,
              },
            },
          ),
        ),
    });
  }

  // --- what the world sees ---------------------------------------------------------------------

  marks(): ReturnType<KvNode["marks"]> {
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
    const reasons: string[] = [];
    if (this.#closing) reasons.push("shutting down");
    if (this.#dead) reasons.push("this reign is over");
    if (this.#core.notReady !== undefined) reasons.push(this.#core.notReady);
    if (this.#flusher.fault !== undefined)
      reasons.push(`storage cannot flush: ${this.#flusher.fault}`);
    const live = this.#core.liveFollowers.length;
    if (this.#core.notReady === undefined && live < this.#core.writeQuorum)
      reasons.push(`${live} live followers, the write quorum is ${this.#core.writeQuorum}`);
    return reasons;
  }

  cluster(): ClusterView {
    const core = this.#core;
    const now = this.#options.clock.now();
    const own: MemberView = {
      id: this.id,
      role: "leader",
      url: this.leaderUrl,
      state: "live",
      acked: core.ledger.flushed,
      applied: core.applied,
      lag: core.last - core.applied,
      lagMs: core.applied < core.last ? this.#timeline.ageMs(core.applied + 1, now) : 0,
      digestMatch: true,
      lastContactMs: 0,
      incarnation: this.#options.incarnation,
      storageFault: this.#flusher.fault ?? "",
    };
    const urls = new Map(core.members.map((member) => [member.id, member.url]));
    const followers = core.peers.map((peer): MemberView => {
      const lag = Math.max(0, core.last - peer.applied);
      return {
        id: peer.id,
        role: "follower",
        url: urls.get(peer.id) ?? guessedUrl(this.#options.config, peer.id) ?? "",
        state: peer.state,
        acked: peer.acked,
        applied: peer.applied,
        lag,
        lagMs: lag > 0 ? this.#timeline.ageMs(peer.applied + 1, now) : 0,
        digestMatch: core.digestMatch(peer.id) ?? null,
        lastContactMs:
          peer.incarnation === "" || peer.lastHeardAt === undefined ? null : now - peer.lastHeardAt,
        incarnation: peer.incarnation,
        storageFault: peer.storageFault,
      };
    });
    return {
      leader: this.id,
      servedBy: this.id,
      fromLeader: true,
      epoch: core.epoch,
      last: core.last,
      committed: core.committed,
      writeQuorum: core.writeQuorum,
      nodes: [own, ...followers],
    };
  }

  peerUrl(id: NodeId): string | undefined {
    const member: Member | undefined = this.#core.members.find((known) => known.id === id);
    return member?.peerUrl ?? guessedUrl(this.#options.config, id);
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
    return new Promise((resolve) => {
      const waitMs = Math.min(closingMs, this.#options.config.timeout);
      const until = this.#options.clock.now() + waitMs;
      const look = () => {
        const open = this.#settling.size + this.#asks.length;
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

  /** Facts are taken one after another: one that arises while effects run waits for its turn. */
  #do(fact: () => readonly LeaderEffect[]): void {
    if (this.#dead) return;
    this.#facts.push(fact);
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (let next = this.#facts.shift(); next !== undefined; next = this.#facts.shift())
        for (const effect of next()) this.#perform(effect);
    } catch (error) {
      this.#stop(error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      this.#performing = false;
    }
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
          kind: "batch",
          append: effect.entries,
          apply: [],
          marks: effect.marks,
          flushed: () => this.#do(() => this.#core.persisted(effect.flush, clock.now())),
        });
        return;
      case "apply":
        this.#flusher.add({
          kind: "batch",
          append: [],
          apply: effect.entries,
          marks: undefined,
          flushed: undefined,
        });
        return;
      case "close":
        this.#options.log.warn({ follower: effect.to, reason: effect.reason }, "stream given up");
        this.#links.get(effect.to)?.close();
        return;
      case "beginStore":
        this.#flusher.add({ kind: "begin" });
        return;
      case "addRecords":
        this.#flusher.add({ kind: "records", records: effect.records, flushed: undefined });
        return;
      case "installStore":
        this.#flusher.add({
          kind: "install",
          end: effect.end,
          marks: effect.marks,
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

const notFound = (key: string) => failed("KEY_NOT_FOUND", `no key ${JSON.stringify(key)}`);

const overloaded = (detail: string) => failed("OVERLOADED", detail, { retryAfterSeconds: 1 });

function refusalResult(refusal: Refusal): Result<WriteReceipt> {
  switch (refusal.reason) {
    case "recovering":
      return failed("RECOVERING", `the leader is not ready: ${refusal.detail}`, {
        retryAfterSeconds: 1,
      });
    case "overloaded":
      return overloaded(`${refusal.detail}; nothing was written`);
    case "quorumUnavailable": {
      const { live, quorum } = refusal;
      return failed(
        "QUORUM_UNAVAILABLE",
        `${live} live followers, the write asks for ${quorum} acks; nothing was written`,
        { retryAfterSeconds: 1, members: { live, quorum } },
      );
    }
    case "versionMismatch": {
      const { key, version } = refusal;
      const found = version === 0 ? "is absent" : `is at version ${version}`;
      return failed("VERSION_MISMATCH", `key ${JSON.stringify(key)} ${found}`, {
        members: { key, version },
      });
    }
    case "keyNotFound":
      return notFound(refusal.key);
  }
}
