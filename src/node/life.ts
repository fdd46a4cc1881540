/** What a node holds for as long as its process runs, whichever role it plays. */
import { Lending } from "../replication/follower/lending.ts";
import { DEFAULT_LIMITS } from "../replication/limits.ts";
import type { Entry, Instant } from "../replication/types.ts";
import type { Leadership } from "./api.ts";
import { EventHub } from "./event-hub.ts";
import { Flusher } from "./flusher.ts";
import { IncomingStreams } from "./incoming-streams.ts";
import { KeyCount } from "./key-count.ts";
import { LeaderWatch } from "./leader-watch.ts";
import type { NodeOptions } from "./options.ts";
import type { StoreSummary } from "./ports.ts";
import type { RoleHooks } from "./role.ts";
import { SharedSettings } from "./shared-settings.ts";
import { Strangers } from "./strangers.ts";
import { Watches } from "./watches.ts";

/**
 * No heartbeat is expected to take longer on its way. One that does may let a watch be refused that
 * is merely ahead of this node, and its client then reads more than it had to.
 */
export const heartbeatAgeMsMax = 2_000;

/** What a node must not forget of elections when it changes its role. */
interface ElectionMemory {
  readonly lending: Lending;
  /** When this node last handed back to the leader of choice, and after how long. */
  handedBack: { readonly at: Instant; readonly afterMs: number } | undefined;
}

/** The flusher in front of the storage, watches, events, and the streams that others have opened. */
export class NodeLife {
  readonly options: NodeOptions;
  readonly startedAt: Instant;
  readonly hub = new EventHub();
  readonly flusher: Flusher;
  readonly watches: Watches;
  readonly keyCount: KeyCount;
  readonly streams = new IncomingStreams();
  readonly settings: SharedSettings;
  readonly elections: ElectionMemory;
  readonly leaders: LeaderWatch;
  readonly strangers: Strangers;
  /** Of the role that the node plays, or played last. */
  #role: RoleHooks | undefined;

  /** `leadership`: who leads at the moment, as the present role knows it. */
  constructor(options: NodeOptions, leadership: () => Leadership) {
    const { storage, clock, config, observer, log, limits = DEFAULT_LIMITS } = options;
    this.options = options;
    this.strangers = new Strangers(log, clock);
    this.startedAt = clock.now();
    this.settings = new SharedSettings(config);
    const { nodeId: id, readLease: isOn } = config;
    const hardState = storage.hardState();
    const lending = new Lending({ id, isOn, hardState, now: this.startedAt });
    this.elections = { lending, handedBack: undefined };
    this.leaders = new LeaderWatch({ clock, hub: this.hub, now: leadership });
    this.keyCount = new KeyCount(storage);
    this.watches = new Watches({
      storage,
      clock,
      retention: config.logRetention,
      timeoutMs: Math.max(config.timeout, 2 * heartbeatAgeMsMax),
      logEnd: () => this.#role?.logEnd(),
    });
    this.flusher = new Flusher({
      storage,
      clock,
      retention: config.logRetention,
      limits,
      neededFrom: () => this.#role?.neededFrom() ?? Number.POSITIVE_INFINITY,
      events: {
        applied: (entries, store) => this.#applied(entries, store),
        fault: (reason) => this.#fault(reason),
        flushed: (figures) => observer.flushed(figures),
        between: () => this.#role?.betweenFlushes(),
      },
    });
  }

  /** The node plays this role from now on. */
  enter(role: RoleHooks): void {
    this.#role = role;
  }

  #applied(entries: readonly Entry[], store: StoreSummary): void {
    this.keyCount.applied(entries);
    this.#role?.applied(store, entries);
    this.watches.applied(entries);
  }

  #fault(reason: string | undefined): void {
    const { log } = this.options;
    this.#role?.storageFault(reason);
    if (reason === undefined) log.info({}, "storage flushes again");
    else log.error({ reason }, `storage cannot flush; ${this.#role?.faultConsequence ?? ""}`);
  }
}
