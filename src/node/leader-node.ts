import type { Result } from "../errors.ts";
import { Leader } from "../replication/leader.ts";
import type { LeaderEffect, LeaderFlush } from "../replication/leader-effects.ts";
import type { Epoch, NodeId, Sequence } from "../replication/types.ts";
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
} from "./api.ts";
import { Inbox } from "./inbox.ts";
import { CommitAnnouncer } from "./leader/announcer.ts";
import { LeaderLinks } from "./leader/links.ts";
import { LiveSettings } from "./leader/live-settings.ts";
import { LeaderReads } from "./leader/reads.ts";
import { LeaderTelemetry } from "./leader/telemetry.ts";
import { LeaderViews } from "./leader/views.ts";
import { LeaderWrites } from "./leader/writes.ts";
import { epochLeap, type NodeOptions, tickMs } from "./options.ts";
import { NodeParts, ruleStart } from "./parts.ts";
import { inFlightMsMax } from "./stopping.ts";
import { type FlushReports, storageJob } from "./storage-effects.ts";
import { Waiting } from "./waiting.ts";

/** How often a closing leader looks whether the writes in flight are answered. */
const closingLookMs = 10;

/**
 * The node that orders writes. Whatever happens becomes a fact in its inbox; the rules of leading
 * turn facts into effects, and the node performs them. Its parts are in `leader/`.
 */
export class LeaderNode implements KvNode {
  readonly id: NodeId;
  readonly role = "leader";
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #inbox: Inbox<LeaderEffect>;
  readonly #links: LeaderLinks;
  readonly #settings: LiveSettings;
  readonly #telemetry: LeaderTelemetry;
  readonly #views: LeaderViews;
  /** Calls that wait until one entry is settled. */
  readonly #settling: Waiting;
  readonly #reads: LeaderReads;
  readonly #writes: LeaderWrites;
  /** How the rules learn that a flush is done. */
  readonly #flushes: FlushReports<LeaderFlush>;

  constructor(options: NodeOptions) {
    const { config, clock } = options;
    const core = leaderOf(options);
    const parts = new NodeParts(options, {
      applied: ({ applied, digest, history }) =>
        inbox.take(() => core.storeApplied(applied, digest, history)),
      storageFault: () => {},
      betweenFlushes: () => this.#writes.betweenFlushes(),
      neededFrom: () => core.neededFrom,
      logEnd: () =>
        core.notReady === undefined && parts.lifetime.ended === undefined
          ? { last: core.last, trueAt: clock.now() }
          : undefined,
      watchTimeoutMs: config.timeout,
      faultConsequence: "writes are refused until it can",
    });
    const inbox = new Inbox<LeaderEffect>({
      lifetime: parts.lifetime,
      perform: (effect) => this.#perform(effect),
      performed: () => {
        parts.flusher.kick();
        announcer.schedule();
      },
      broken: (reason) => parts.stop(reason, core.epoch),
    });
    const announcer = new CommitAnnouncer(parts, core, inbox);
    const telemetry = new LeaderTelemetry(parts);
    const settling = new Waiting(clock);
    this.id = config.nodeId;
    this.#parts = parts;
    this.#core = core;
    this.#inbox = inbox;
    this.#links = new LeaderLinks(parts, core, inbox);
    this.#settings = new LiveSettings(options);
    this.#telemetry = telemetry;
    this.#views = new LeaderViews(parts, core, telemetry.timeline);
    this.#settling = settling;
    this.#reads = new LeaderReads(parts, core, settling);
    this.#writes = new LeaderWrites({ parts, core, settling, telemetry, inbox });
    const persisted = (flush: LeaderFlush) => inbox.take(() => core.persisted(flush, clock.now()));
    this.#flushes = {
      persisted,
      installed: (flush) => {
        persisted(flush);
        parts.watches.jumped();
      },
    };
  }

  /** Begins to lead: until enough followers have answered, calls get RECOVERING. */
  start(): void {
    const { clock } = this.#parts.options;
    this.#settings.applyDelays();
    this.#links.listen();
    this.#inbox.take(() => this.#core.start(clock.now()));
    this.#links.dialAll();
    this.#parts.repeat(tickMs, () => this.#inbox.take(() => this.#core.tick(clock.now())));
    this.#parts.publishCluster(() => this.cluster());
    this.#parts.repeat(1_000, () => this.#telemetry.closeSecond());
  }

  // --- calls -----------------------------------------------------------------------------------

  get applied(): Sequence {
    return this.#core.applied;
  }

  get leaderUrl(): string {
    return this.#parts.options.config.advertiseUrl;
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
    this.#writes.submit(request, answer);
  }

  position(): Position {
    const { epoch, last, committed, applied } = this.#core;
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
    const { writeQuorum } = changed.value;
    const { clock } = this.#parts.options;
    this.#inbox.take(() => this.#core.setWriteQuorum(writeQuorum, clock.now()));
    this.#telemetry.settingsChanged(changed.value);
    return changed;
  }

  subscribe(listener: EventListener): Subscription {
    return this.#parts.hub.subscribe(listener);
  }

  watch(query: WatchQuery): Result<WatchHandle> {
    return this.#parts.watches.add(query);
  }

  gauges(): NodeGauges {
    const { entries, bytes } = this.#core.waiting;
    return { inFlight: this.#settling.size, inFlightBytes: bytes, unapplied: entries };
  }

  /**
   * Refuses new writes and waits up to `inFlightMsMax` for those in flight. The rest are answered
   * OUTCOME_UNKNOWN. Then the node flushes and ends.
   */
  close(): Promise<void> {
    const { options, flusher, lifetime } = this.#parts;
    const { clock, config } = options;
    this.#parts.beginClosing();
    return new Promise((resolve) => {
      const until = clock.now() + Math.min(inFlightMsMax, config.timeout);
      const look = () => {
        const open = this.#settling.size + this.#writes.waiting;
        if (open > 0 && clock.now() < until && !lifetime.over) {
          clock.after(closingLookMs, look);
          return;
        }
        this.#settling.expireAll();
        flusher.whenIdle(() => {
          this.#end();
          resolve();
        });
      };
      look();
    });
  }

  #end(): void {
    this.#parts.end();
    // A write of the last turn may have been proposed since the others expired.
    this.#settling.expireAll();
    this.#links.close();
  }

  // --- effects ---------------------------------------------------------------------------------

  /** The one place where effects are carried out. News come last: they change nothing. */
  #perform(effect: LeaderEffect): void {
    switch (effect.type) {
      case "send":
        this.#links.send(effect.to, effect.message);
        return;
      case "persist":
      case "apply":
      case "beginStore":
      case "addRecords":
      case "installStore":
        this.#parts.flusher.add(storageJob(effect, this.#flushes));
        return;
      case "settled":
        for (const slot of effect.slots) {
          this.#telemetry.settled(slot);
          this.#settling.reach(slot.entry.sequence);
        }
        return;
      case "acked":
        this.#telemetry.acked(effect.from, effect.ranges);
        return;
      case "close":
        this.#links.giveUp(effect.to, effect.reason);
        return;
      case "deposed":
        this.#deposed(effect.by, effect.epoch);
        return;
      default:
        this.#telemetry.news(effect, this.#core.epoch);
    }
  }

  /** What this node answers from now on may be old: it refuses calls at once, flushes and stops. */
  #deposed(by: NodeId, epoch: Epoch): void {
    const { lifetime, flusher } = this.#parts;
    const reason =
      by === this.id
        ? "a follower shows that this node's disk went back in time: this node no longer leads"
        : `${by} leads with epoch ${epoch}: this node no longer leads`;
    lifetime.end("this node no longer leads");
    flusher.whenIdle(() => this.#parts.stop(reason, this.#core.epoch));
  }
}

/** The rules of leading, with what this node's storage holds. */
function leaderOf(options: NodeOptions): Leader {
  const { config, storage, incarnation } = options;
  const start = ruleStart(options);
  const everything = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
  return new Leader({
    ...start,
    followers: config.nodes.map(({ id }) => id).filter((id) => id !== config.nodeId),
    writeQuorum: config.writeQuorum,
    tail: storage.readLog(start.applied + 1, everything),
    leap: epochLeap(incarnation),
  });
}
