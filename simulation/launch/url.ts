/** A cluster that others run: the quorum goes with each write, delays are borrowed, all is given back. */

import { z } from "zod";
import { listStore } from "../compare/listing.ts";
import { callJson, Problem } from "../http/client.ts";
import { keyPrefix } from "../load/writes.ts";
import { type DelaySettings, patientTimeoutMs, type Target } from "./cluster.ts";
import { discover } from "./discover.ts";
import { type BorrowedSettings, borrowSettings, delayOf } from "./settings.ts";

export interface UrlOptions extends DelaySettings {
  readonly url: string;
  /** Leave the keys that the sweep wrote. */
  readonly keepKeys: boolean;
}

export const createUrlTarget = (options: UrlOptions): Target => {
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
};

const operationsMax = 128;

/** Tidies up behind the sweep. Whoever cannot reach the cluster any more leaves it as it is. */
const removeKeys = async (leaderUrl: string): Promise<void> => {
  const url = `${leaderUrl}/write/batch`;
  try {
    let operations: { delete: { key: string } }[] = [];
    const remove = async () => {
      if (operations.length === 0) return;
      const body = { operations, quorum: 0 };
      await callJson(url, z.unknown(), { method: "POST", body });
      operations = [];
    };
    for await (const { key } of listStore(leaderUrl, { prefix: keyPrefix })) {
      operations.push({ delete: { key } });
      if (operations.length === operationsMax) await remove();
    }
    await remove();
  } catch (error) {
    if (!(error instanceof Problem) && !(error instanceof Error)) throw error;
  }
};
