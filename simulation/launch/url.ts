/** A cluster that others run: each write names its quorum, and changed delays are restored at the end. */
import { type DelaySettings, patientTimeoutMs, type Target } from "../cluster.ts";
import { discover } from "./discover.ts";
import { type BorrowedSettings, borrowSettings, delayOf } from "./settings.ts";
import { removeKeys } from "./tidy.ts";

/** The cluster to use, and which of its delays to change for the time of the run. */
export interface UrlOptions extends DelaySettings {
  readonly url: string;
  /** Leave the keys that the sweep wrote. */
  readonly keepKeys: boolean;
}

/** Nothing is asked or changed before the first `prepare`. */
export function createUrlTarget(options: UrlOptions): Target {
  let settings: BorrowedSettings | undefined;
  let isPrepared = false;
  // Not tied to any signal: what was borrowed is given back to whoever leads by then.
  const leaderUrl = async () =>
    (await discover(options.url, new AbortController().signal)).leader.url;
  return {
    description: `the cluster at ${options.url}`,
    prepare: async (_quorum, signal) => {
      const { leader, followers } = await discover(options.url, signal);
      isPrepared = true;
      settings ??= await borrowSettings(leaderUrl, options, signal);
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
      if (isPrepared && !options.keepKeys) await removeKeys(leaderUrl);
      isPrepared = false;
    },
  };
}
