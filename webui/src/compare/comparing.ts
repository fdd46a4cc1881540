/**
 * Compares the leader's store with a follower's over HTTP: by their digests where these are comparable,
 * else key by key with the simulation's own merge, with one page of each store in memory.
 */
import {
  type DifferenceClass,
  differencesBetween,
  type KeyDifference,
  type ListedKey,
} from "../../../simulation/compare/merge.ts";
import { type Answer, addressOf, call, type Problem } from "../api/http.ts";
import {
  type KeyEntry,
  type KeyList,
  type NodeStatus,
  parseEntry,
  parsePage,
} from "../api/wire.ts";

export type { DifferenceClass };

/** What is known so far, or in the end. */
export interface Comparison {
  readonly method: "digest" | "keys";
  readonly finished: boolean;
  readonly leaderApplied: number;
  readonly leaderDigest: string;
  readonly leaderKeys: number;
  readonly followerApplied: number;
  readonly followerKeys: number;
  /** Keys of the leader that were read. */
  readonly keysRead: number;
  readonly counts: Readonly<Record<DifferenceClass, number>>;
  /** The first 300 in key order; `counts` has all of them. */
  readonly differences: readonly KeyDifference[];
  /** Why the comparison ended early. */
  readonly problem: Problem | undefined;
}

interface CompareOrder {
  readonly leader: string;
  readonly follower: string;
  /** Reads all keys even where the digests are equal, which checks the digests too. */
  readonly everyKey: boolean;
  readonly signal: AbortSignal;
}

/** More would not fit a table that people read. */
const differencesShown = 300;
/** Keys per request. */
const pageKeys = 1000;
const reportEveryMs = 150;

/** Carries a refusal out of the listing of a store. */
class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Calls `progress` about seven times a second while it reads keys. A refusal is part of the result. */
export async function compareStores(
  order: CompareOrder,
  progress: (soFar: Comparison) => void,
): Promise<Comparison> {
  const [mine, theirs] = await Promise.all([
    call<NodeStatus>(addressOf("/status", order.leader), { signal: order.signal }),
    call<NodeStatus>(addressOf("/status", order.follower), { signal: order.signal }),
  ]);
  const start = startFrom(mine.ok ? mine.value : undefined, theirs.ok ? theirs.value : undefined);
  if (!mine.ok || !theirs.ok) {
    const problem = mine.ok ? (theirs.ok ? undefined : theirs.problem) : mine.problem;
    return { ...start, finished: true, problem };
  }
  // A settled write that is not applied yet is part of the leader's listing but not of its digest.
  const whole = mine.value.applied === mine.value.committed;
  const equal =
    whole &&
    mine.value.applied === theirs.value.applied &&
    mine.value.digest === theirs.value.digest;
  if (equal && !order.everyKey) return { ...start, method: "digest", finished: true };
  return await compareKeys(order, start, progress);
}

/** A comparison without keys yet; a node that did not answer counts as empty. */
function startFrom(mine: NodeStatus | undefined, theirs: NodeStatus | undefined): Comparison {
  return {
    method: "keys",
    finished: false,
    keysRead: 0,
    differences: [],
    problem: undefined,
    counts: { missing: 0, stale: 0, diverged: 0, extra: 0 },
    leaderApplied: mine?.applied ?? 0,
    leaderDigest: mine?.digest ?? "",
    leaderKeys: mine?.keys ?? 0,
    followerApplied: theirs?.applied ?? 0,
    followerKeys: theirs?.keys ?? 0,
  };
}

/** Reads both stores at the same pace, in key order. */
async function compareKeys(
  order: CompareOrder,
  start: Comparison,
  progress: (soFar: Comparison) => void,
): Promise<Comparison> {
  const counts = { ...start.counts };
  const differences: KeyDifference[] = [];
  let keysRead = 0;
  let reportedAt = 0;
  const soFar = (): Comparison => ({
    ...start,
    keysRead,
    counts: { ...counts },
    differences: [...differences],
  });
  const counted = () => {
    keysRead++;
    if (performance.now() - reportedAt < reportEveryMs) return;
    reportedAt = performance.now();
    progress(soFar());
  };
  try {
    const found = differencesBetween(
      listed(order.leader, order.signal, counted),
      listed(order.follower, order.signal),
    );
    for await (const difference of found) {
      if (await overtaken(difference, order)) continue;
      counts[difference.class]++;
      if (differences.length < differencesShown) differences.push(difference);
    }
    return { ...soFar(), finished: true };
  } catch (error) {
    if (error instanceof Refused) return { ...soFar(), finished: true, problem: error.problem };
    throw error;
  }
}

/** All entries of a node in key order; `counted` is called before each. Throws `Refused`. */
async function* listed(
  node: string,
  signal: AbortSignal,
  counted: () => void = () => {},
): AsyncGenerator<ListedKey> {
  let after: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(pageKeys) });
    if (after !== null) query.set("after", after);
    const page: Answer<KeyList> = await call<KeyList>(`${addressOf("/read", node)}?${query}`, {
      signal,
      parse: parsePage,
    });
    if (!page.ok) throw new Refused(page.problem);
    for (const { key, value, version } of page.value.entries) {
      counted();
      yield { key, version, text: value };
    }
    after = page.value.next;
  } while (after !== null);
}

/**
 * While writes go on, the follower's page can be newer than the leader's. The leader is asked again: a
 * key that it has by now as the follower has it, or newer, is no difference.
 */
async function overtaken(difference: KeyDifference, order: CompareOrder): Promise<boolean> {
  const { class: kind, key, follower } = difference;
  if (follower === undefined || kind === "stale") return false;
  const address = `${addressOf("/read", order.leader)}?${new URLSearchParams({ key })}`;
  const now = await call<KeyEntry>(address, { signal: order.signal, parse: parseEntry });
  if (!now.ok) return false;
  if (now.value.version !== follower.version) return now.value.version > follower.version;
  return now.value.value === follower.text;
}
