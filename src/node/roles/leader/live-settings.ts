/** `PATCH /config` inside the leader: settings are checked together and take effect at once. */
import { type Failed, failed, type Result, succeeded } from "../../../errors.ts";
import type { LiveConfig } from "../../api.ts";
import type { NodeOptions } from "../../options.ts";
import { checkQuorum } from "../../quorum.ts";

/** The settings that may change while the leader runs, and the simulated delays they control. */
export class LiveSettings {
  readonly #options: NodeOptions;
  #inForce: LiveConfig;

  constructor(options: NodeOptions) {
    const { writeQuorum, minDelay, maxDelay } = options.config;
    this.#options = options;
    this.#inForce = { writeQuorum, minDelay, maxDelay, followerDelays: {} };
  }

  /** As `PATCH /config` answers them. */
  get inForce(): LiveConfig {
    return this.#inForce;
  }

  /** INVALID_ARGUMENT, with nothing changed, when the settings that result do not fit together. */
  change(change: Partial<LiveConfig>): Result<LiveConfig> {
    const next = { ...this.#inForce, ...change };
    const fault = this.#check(next);
    if (fault !== undefined) return fault;
    this.#inForce = next;
    this.applyDelays();
    return succeeded(next);
  }

  /** Hands the delays in force to the simulated network. */
  applyDelays(): void {
    const { minDelay, maxDelay, followerDelays } = this.#inForce;
    const range = { minDelayMs: minDelay, maxDelayMs: maxDelay };
    this.#options.delays.configure(range, followerDelays);
  }

  #check({ writeQuorum, minDelay, maxDelay }: LiveConfig): Failed | undefined {
    const fault = checkQuorum("writeQuorum", writeQuorum, this.#options.config);
    if (fault !== undefined || (minDelay >= 0 && minDelay <= maxDelay)) return fault;
    const range = `from 0 to maxDelay, which is ${maxDelay}`;
    return failed("INVALID_ARGUMENT", `minDelay is ${minDelay}, but must be ${range}`);
  }
}
