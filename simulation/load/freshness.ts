/**
 * Does a follower already show what the leader just acknowledged? After an answer one follower, in turn,
 * is read at once; where it lags, a second read with `minVersion` waits until it has caught up.
 */

import type { Member } from "../cluster.ts";
import { keyVersionSchema } from "../http/answers.ts";
import { callJson } from "../http/client.ts";
import { rounded } from "../numbers.ts";
import type { Freshness, Sample } from "../results/schema.ts";

/** More reads than this at a time would weigh on what is measured; writes beyond go unprobed. */
const readsAtOnceMax = 20;
const startsPerSecondMax = 25;
const patienceMs = 10_000;

/** Reads at followers, beside the load. */
export interface FreshnessProbe {
  answered(sample: Sample): void;
  /** Waits for the reads under way. */
  finish(): Promise<readonly Freshness[]>;
}

/**
 * Followers are asked in turn. After the signal no read is started and those under way end.
 */
export function createFreshnessProbe(
  followers: readonly Member[],
  signal: AbortSignal,
): FreshnessProbe {
  const found: Freshness[] = [];
  const reads = new Set<Promise<void>>();
  let turn = 0;
  let startedLastAt = 0;
  return {
    answered: ({ key, version }) => {
      const now = performance.now();
      const tooSoon = now - startedLastAt < 1000 / startsPerSecondMax;
      const follower = followers[turn % Math.max(1, followers.length)];
      if (follower === undefined || tooSoon || reads.size >= readsAtOnceMax) return;
      turn += 1;
      startedLastAt = now;
      const read = measure(follower, { key, version }, signal)
        .then((freshness) => void found.push(freshness))
        // A follower that does not answer shows up in the comparison; here it is only not measured.
        .catch(() => undefined)
        .finally(() => reads.delete(read));
      reads.add(read);
    },
    finish: async () => {
      await Promise.all(reads);
      return found;
    },
  };
}

async function measure(
  follower: Member,
  { key, version }: { key: string; version: number },
  signal: AbortSignal,
): Promise<Freshness> {
  const answeredAt = performance.now();
  const seen = { node: follower.id, version };
  const now = await versionAt(`${follower.url}/read?${new URLSearchParams({ key })}`, signal);
  if (now >= version) {
    return { ...seen, fresh: true, behindMs: rounded(performance.now() - answeredAt) };
  }
  const query = new URLSearchParams({ key, minVersion: String(version) });
  const later = await versionAt(`${follower.url}/read?${query}`, signal);
  const behindMs = later >= version ? rounded(performance.now() - answeredAt) : null;
  return { ...seen, fresh: false, behindMs };
}

/** 0 when the key is not there or the wait was too long. */
async function versionAt(url: string, signal: AbortSignal): Promise<number> {
  try {
    return (await callJson(url, keyVersionSchema, { signal, timeoutMs: patienceMs })).version;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && "code" in error) return 0;
    throw error;
  }
}
