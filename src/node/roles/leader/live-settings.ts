/**
 * `PATCH /config` inside the leader: settings are checked together and take effect at once. With FAILOVER=1 the
 * answer waits until so many followers hold them that the next leader keeps them.
 */
import { type Failed, failed, type Result, succeeded } from "../../../errors.ts";
import type { Leader } from "../../../replication/leader/leader.ts";
import type { LeaderEffects } from "../../../replication/leader/leader-effects.ts";
import type { LiveSettings as Settings } from "../../../replication/types.ts";
import type { LiveConfig } from "../../api.ts";
import type { Inbox } from "../../inbox.ts";
import type { NodeParts } from "../../parts.ts";
import { checkQuorum } from "../../quorum.ts";
import { noLeader } from "../../refusals.ts";
import { Waiting } from "../../waiting.ts";
import type { LeaderTelemetry } from "./telemetry.ts";

/** The settings that may change while the leader runs, and the simulated delays they control. */
export class LiveSettings {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #inbox: Inbox<LeaderEffects>;
  readonly #telemetry: LeaderTelemetry;
  /** Changes that wait until enough followers have answered a heartbeat with at least this number. */
  readonly #waiting: Waiting;

  constructor(owner: {
    parts: NodeParts;
    core: Leader;
    inbox: Inbox<LeaderEffects>;
    telemetry: LeaderTelemetry;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#inbox = owner.inbox;
    this.#telemetry = owner.telemetry;
    this.#waiting = new Waiting(owner.parts.options.clock);
    owner.parts.atEnd(() => this.#waiting.expireAll());
  }

  /** As `PATCH /config` answers them. */
  get inForce(): LiveConfig {
    return this.#parts.life.settings.config;
  }

  /** INVALID_ARGUMENT, with nothing changed, when the settings that result do not fit together. */
  change(change: Partial<LiveConfig>): Promise<Result<LiveConfig>> {
    const { life, options, lifetime } = this.#parts;
    const { nodeId, failover } = options.config;
    const leads = this.#core.notReady === undefined && lifetime.ended === undefined;
    if (failover && !leads) return Promise.resolve(noLeader());
    const next = { ...this.inForce, ...change };
    const fault = this.#check(next);
    if (fault !== undefined) return Promise.resolve(fault);
    const { clock } = options;
    life.settings.change(next, { by: nodeId, epoch: this.#core.epoch, at: clock.wall() });
    this.applyDelays();
    this.#inbox.take(() => this.#core.setWriteQuorum(next.writeQuorum, clock.now()));
    this.#telemetry.settingsChanged(next);
    return failover ? this.#whenHeard(next) : Promise.resolve(succeeded(next));
  }

  #whenHeard(next: LiveConfig): Promise<Result<LiveConfig>> {
    const { options, flusher } = this.#parts;
    const { settings } = this.#core;
    const heartbeat = settings.told + 1;
    return new Promise((resolve) => {
      this.#waiting.add(heartbeat, {
        timeoutMs: options.config.timeout,
        reached: () => resolve(succeeded(next)),
        expired: () => resolve(unknown(settings.heardBy(heartbeat), settings.needed)),
      });
      const isFlushing = flusher.fault === undefined;
      this.#inbox.take(() => this.#core.tellSettings(options.clock.now(), isFlushing));
    });
  }

  /** Followers may have answered a heartbeat. */
  advance(): void {
    if (this.#waiting.size > 0) this.#waiting.reachAll(this.#core.settings.heard);
  }

  /** This node leads by the settings that an earlier leader had taken. */
  keep(settings: Settings): void {
    this.#parts.life.settings.heard(settings);
    this.applyDelays();
  }

  /** Hands the delays in force to the simulated network. */
  applyDelays(): void {
    const { minDelay, maxDelay, followerDelays } = this.inForce;
    const range = { minDelayMs: minDelay, maxDelayMs: maxDelay };
    this.#parts.options.delays.configure(range, followerDelays);
  }

  #check({ writeQuorum, minDelay, maxDelay }: LiveConfig): Failed | undefined {
    const fault = checkQuorum("writeQuorum", writeQuorum, this.#parts.options.config);
    if (fault !== undefined || (minDelay >= 0 && minDelay <= maxDelay)) return fault;
    const range = `from 0 to maxDelay, which is ${maxDelay}`;
    return failed("INVALID_ARGUMENT", `minDelay is ${minDelay}, but must be ${range}`);
  }
}

const unknown = (acks: readonly string[], quorum: number): Failed =>
  failed(
    "OUTCOME_UNKNOWN",
    `${acks.length} of ${quorum} followers confirmed the change in time: the next leader may not keep it`,
    { members: { acks, quorum } },
  );
