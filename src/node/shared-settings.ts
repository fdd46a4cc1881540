/** The live settings of a cluster: one leader takes the change, and the next one keeps it. */
import type { LiveSettings } from "../replication/types.ts";
import type { LiveConfig, SettingsChange } from "./api.ts";
import type { NodeSettings } from "./options.ts";

/** As this node holds them; a process that starts again learns them anew from its leader. */
export class SharedSettings {
  #inForce: LiveSettings;
  readonly #own: LiveSettings;

  constructor({ nodeId, writeQuorum, minDelay, maxDelay }: NodeSettings) {
    const unchanged = { changedBy: nodeId, changedEpoch: 0, changedAt: 0 };
    this.#own = { writeQuorum, minDelay, maxDelay, followerDelays: [], ...unchanged };
    this.#inForce = this.#own;
  }

  get inForce(): LiveSettings {
    return this.#inForce;
  }

  /** What a promise to an elected leader carries; undefined: this node knows of no change. */
  get changed(): LiveSettings | undefined {
    return this.#inForce.changedEpoch === 0 ? undefined : this.#inForce;
  }

  /** Named as in `PATCH /config`. */
  get config(): LiveConfig {
    const { writeQuorum, minDelay, maxDelay, followerDelays } = this.#inForce;
    const delays = followerDelays.map((delay) => {
      const range = { minDelayMs: delay.minDelay, maxDelayMs: delay.maxDelay };
      return [delay.id, range] as const;
    });
    return { writeQuorum, minDelay, maxDelay, followerDelays: Object.fromEntries(delays) };
  }

  /** As `GET /cluster` shows it: null while the settings are those that a leader started with. */
  get lastChange(): SettingsChange | null {
    const { changedBy, changedEpoch, changedAt } = this.#inForce;
    return changedEpoch === 0 ? null : { changedBy, changedEpoch, changedAt };
  }

  /** This node begins to lead. What nobody has changed is as its own environment has it. */
  lead(): void {
    if (this.#inForce.changedEpoch === 0) this.#inForce = this.#own;
  }

  /** This leader has taken a change. */
  change(config: LiveConfig, made: { by: string; epoch: number; at: number }): void {
    const { writeQuorum, minDelay, maxDelay } = config;
    const followerDelays = Object.entries(config.followerDelays).map(
      ([id, { minDelayMs, maxDelayMs }]) => ({ id, minDelay: minDelayMs, maxDelay: maxDelayMs }),
    );
    const { by: changedBy, epoch: changedEpoch, at } = made;
    const before = this.#inForce;
    // Within an epoch the time orders the changes, even if the wall clock is set back.
    const isSecond = before.changedEpoch === changedEpoch;
    const changedAt = isSecond ? Math.max(at, before.changedAt + 1) : at;
    const change = { changedBy, changedEpoch, changedAt };
    this.#inForce = { writeQuorum, minDelay, maxDelay, followerDelays, ...change };
  }

  /** The leader that this node follows goes by these, or this node leads by them. */
  heard(settings: LiveSettings): void {
    this.#inForce = settings;
  }
}
