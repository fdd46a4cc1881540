/** `PATCH /config` inside the leader: settings are checked together and take effect at once. */
import { type Failed, failed, type Result, succeeded } from "../../../errors.ts";
import type { Epoch } from "../../../replication/types.ts";
import type { LiveConfig } from "../../api.ts";
import type { NodeLife } from "../../life.ts";
import { checkQuorum } from "../../quorum.ts";

/** The settings that may change while the leader runs, and the simulated delays they control. */
export class LiveSettings {
  readonly #life: NodeLife;

  constructor(life: NodeLife) {
    this.#life = life;
  }

  /** As `PATCH /config` answers them. */
  get inForce(): LiveConfig {
    return this.#life.settings.config;
  }

  /** INVALID_ARGUMENT, with nothing changed, when the settings that result do not fit together. */
  change(change: Partial<LiveConfig>, epoch: Epoch): Result<LiveConfig> {
    const { options, settings } = this.#life;
    const next = { ...this.inForce, ...change };
    const fault = this.#check(next);
    if (fault !== undefined) return fault;
    settings.change(next, { by: options.config.nodeId, epoch, at: options.clock.wall() });
    this.applyDelays();
    return succeeded(next);
  }

  /** Hands the delays in force to the simulated network. */
  applyDelays(): void {
    const { minDelay, maxDelay, followerDelays } = this.inForce;
    const range = { minDelayMs: minDelay, maxDelayMs: maxDelay };
    this.#life.options.delays.configure(range, followerDelays);
  }

  #check({ writeQuorum, minDelay, maxDelay }: LiveConfig): Failed | undefined {
    const fault = checkQuorum("writeQuorum", writeQuorum, this.#life.options.config);
    if (fault !== undefined || (minDelay >= 0 && minDelay <= maxDelay)) return fault;
    const range = `from 0 to maxDelay, which is ${maxDelay}`;
    return failed("INVALID_ARGUMENT", `minDelay is ${minDelay}, but must be ${range}`);
  }
}
