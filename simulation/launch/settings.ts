/** Changes a running cluster's delays for the time of a run, and restores them. */
import type { DelaySettings } from "../cluster.ts";
import { type LiveConfig, liveConfigSchema } from "../http/answers.ts";
import { callJson, statusOf } from "../http/client.ts";
import type { DelayRange } from "../theory/index.ts";

/** A change of settings that must be taken back. */
export interface BorrowedSettings {
  /** What is in force now. */
  readonly inForce: LiveConfig;
  /** Puts back what was changed, even if the first attempts fail. Does nothing the second time. */
  restore(): Promise<void>;
}

const attemptsMax = 5;

/**
 * Sets the wanted delays and remembers those from before. Where nothing is to change, nothing
 * is sent.
 */
export async function borrowSettings(
  leaderUrl: () => Promise<string>,
  wanted: DelaySettings,
  signal: AbortSignal,
): Promise<BorrowedSettings> {
  const { config: before } = await statusOf(await leaderUrl(), signal);
  const change = changeFrom(before, wanted);
  if (Object.keys(change).length === 0) return { inForce: before, restore: async () => undefined };
  const { minDelay, maxDelay, followerDelays } = before;
  let owed: Partial<LiveConfig> | undefined = { minDelay, maxDelay, followerDelays };
  const restore = async () => {
    if (owed === undefined) return;
    await withRetries(async () => patchConfig(await leaderUrl(), owed ?? {}));
    owed = undefined;
  };
  try {
    return { inForce: await patchConfig(await leaderUrl(), change), restore };
  } catch (error) {
    // The change may have arrived although its answer did not.
    await restore().catch(() => undefined);
    throw error;
  }
}

/** The delay on the way to one follower: its own, else the general one. */
export const delayOf = (config: LiveConfig, follower: string): DelayRange =>
  config.followerDelays[follower] ?? { minDelayMs: config.minDelay, maxDelayMs: config.maxDelay };

function changeFrom(
  before: LiveConfig,
  { minDelay, maxDelay, followerDelays }: DelaySettings,
): Partial<LiveConfig> {
  // A range is sent whole: one half of it could contradict the half that is in force.
  const range = minDelay === undefined && maxDelay === undefined;
  return {
    ...(range
      ? {}
      : { minDelay: minDelay ?? before.minDelay, maxDelay: maxDelay ?? before.maxDelay }),
    ...(followerDelays === undefined ? {} : { followerDelays }),
  };
}

/** Not tied to any signal: what was borrowed is given back also when everything else is cancelled. */
const patchConfig = (leaderUrl: string, body: Partial<LiveConfig>): Promise<LiveConfig> =>
  callJson(`${leaderUrl}/config`, liveConfigSchema, { method: "PATCH", body });

async function withRetries(attempt: () => Promise<unknown>): Promise<void> {
  for (let count = 1; ; count += 1) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (count === attemptsMax) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 * count));
    }
  }
}
