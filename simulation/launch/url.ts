/** A cluster that others run: the quorum goes with each write, delays are borrowed, all is given back. */

import { type DelaySettings, patientTimeoutMs, type Target } from "../cluster.ts";
import { discover } from "./discover.ts";
import { type BorrowedSettings, borrowSettings, delayOf } from "./settings.ts";
import { removeKeys } from "./tidy.ts";

export interface UrlOptions extends DelaySettings {
  readonly url: string;
  /** Leave the keys that the sweep wrote. */
  readonly keepKeys: boolean;
}

export function createUrlTarget(options: UrlOptions): Target {
  let settings: BorrowedSettings | undefined;
  let leaderUrl: string | undefined;
  return {
    description: `the cluster at ${options.url}`,
    prepare: async (_quorum, signal) => {
      const { leader, followers } = await discover(options.url, signal);
      leaderUrl = leader.url;
      settings ??= await borrowSettings(leader.url, options, signal);
      const { inForce } = settings;
      const delayed = followers.map((follower) => ({
        ...follower,
        delay: delayOf(inForce, follower.id),
      }));
      return {
        leader,
        followers: delayed,
        quorumPerWrite: true,
        timeoutMs: patientTimeoutMs(delayed.map(({ delay }) => delay.maxDelayMs)),
      };
    },
    close: async () => {
      await settings?.restore();
      if (leaderUrl !== undefined && !options.keepKeys) await removeKeys(leaderUrl);
      leaderUrl = undefined;
    },
  };
}
