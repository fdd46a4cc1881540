/** Waits until every follower's store equals the leader's, and times each. */
import { setTimeout as pause } from "node:timers/promises";
import type { Member } from "../cluster.ts";
import type { Status } from "../http/answers.ts";
import { statusOf } from "../http/client.ts";
import { rounded } from "../numbers.ts";
import type { Pass } from "../results/schema.ts";

/** Which stores are waited for, and for how long. */
export interface ConvergeOptions {
  readonly leader: Member;
  readonly followers: readonly Member[];
  /** An instant of performance.now(): the last answer. */
  readonly since: number;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

const pollEveryMs = 5;

/** Milliseconds per follower since the last answer; null for one that did not get there in time. */
export async function converge({
  leader,
  followers,
  since,
  limitMs,
  signal,
}: ConvergeOptions): Promise<Pass["convergence"]> {
  const reached = new Map<string, number>();
  while (reached.size < followers.length && performance.now() - since < limitMs) {
    const waiting = followers.filter(({ id }) => !reached.has(id));
    for (const id of await equalOnes(leader, waiting, signal)) {
      reached.set(id, rounded(performance.now() - since));
    }
    if (reached.size < followers.length) await pause(pollEveryMs, undefined, { signal });
  }
  return followers.map(({ id }) => ({ node: id, ms: reached.get(id) ?? null }));
}

async function equalOnes(leader: Member, followers: readonly Member[], signal: AbortSignal) {
  const [mine, ...theirs] = await Promise.all(
    [leader, ...followers].map(({ url }) => statusOrNothing(url, signal)),
  );
  if (mine === undefined || mine.applied !== mine.committed) return [];
  const isEqual = (status: Status | undefined) =>
    status?.applied === mine.applied && status.digest === mine.digest;
  return followers.filter((_, index) => isEqual(theirs[index])).map(({ id }) => id);
}

/** A node that does not answer is simply not equal yet. */
async function statusOrNothing(url: string, signal: AbortSignal): Promise<Status | undefined> {
  try {
    return await statusOf(url, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
