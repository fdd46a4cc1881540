/**
 * The leader's store against every follower's. Digests are asked for first; only where they differ are
 * the keys listed, both sides at once, and merged.
 */

import type { Member } from "../cluster.ts";
import { reasonOf } from "../errors.ts";
import { keyValueSchema, type Status } from "../http/answers.ts";
import { callJson, Problem, statusOf } from "../http/client.ts";
import type { Comparison, Difference, FollowerComparison } from "../results/schema.ts";
import { parseEntry } from "./json-text.ts";
import { listStore } from "./listing.ts";
import { differencesBetween, type KeyDifference, type ListedKey } from "./merge.ts";

/** The stores to compare. */
export interface CompareOptions {
  readonly leader: Member;
  readonly followers: readonly Member[];
  readonly signal?: AbortSignal | undefined;
  /** Up to this many keys are listed even where digests agree, which proves the digests too. */
  readonly listAnywayKeysMax?: number;
}

/** Differences kept per follower; the rest is only counted. */
const differencesMax = 1000;
const shownValueMax = 500;

/** A comparison without the moment at which it was made. */
export type StoreComparison = Pick<Comparison, "leader" | "followers">;

/** Throws when the leader does not answer; a follower that does not is reported as such. */
export async function compareStores(options: CompareOptions): Promise<StoreComparison> {
  const { leader, followers, signal } = options;
  const [mine, ...theirs] = await Promise.all([
    statusOf(leader.url, signal),
    ...followers.map((follower) =>
      statusOf(follower.url, signal).catch((error: unknown) => {
        signal?.throwIfAborted();
        return reasonOf(error);
      }),
    ),
  ]);
  const compared = followers.map((follower, index) =>
    compareFollower({ follower, mine, theirs: theirs[index] ?? "", options }),
  );
  return {
    leader: { node: leader.id, applied: mine.applied, keys: mine.keys },
    followers: await Promise.all(compared),
  };
}

interface Pair {
  readonly follower: Member;
  readonly mine: Status;
  /** A sentence where the follower did not answer. */
  readonly theirs: Status | string;
  readonly options: CompareOptions;
}

const noCounts = { missing: 0, stale: 0, diverged: 0, extra: 0 };

async function compareFollower({
  follower,
  mine,
  theirs,
  options,
}: Pair): Promise<FollowerComparison> {
  const blank = { node: follower.id, counts: noCounts, differences: [], omitted: 0 };
  if (typeof theirs === "string") {
    const unknown = { applied: null, keys: null, method: "none", identical: false } as const;
    return { ...blank, ...unknown, error: theirs };
  }
  const seen = { ...blank, applied: theirs.applied, keys: theirs.keys, error: null };
  // A settled write that the leader has not applied yet is in its listing but not in its digest.
  const digestIsWhole = mine.applied === mine.committed;
  const equal = digestIsWhole && mine.digest === theirs.digest;
  if (equal && mine.keys > (options.listAnywayKeysMax ?? 0)) {
    return { ...seen, method: "digest", identical: true };
  }
  try {
    const found = await listDifferences(follower, options);
    return { ...seen, ...found, method: "keys", identical: total(found.counts) === 0 };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { ...seen, method: "none", identical: false, error: reasonOf(error) };
  }
}

async function listDifferences(
  follower: Member,
  { leader, signal }: CompareOptions,
): Promise<Pick<FollowerComparison, "counts" | "differences" | "omitted">> {
  const counts = { ...noCounts };
  const differences: Difference[] = [];
  let omitted = 0;
  const listings = [leader, follower].map(({ url }) => listStore(url, { signal }));
  const [mine = [], theirs = []] = listings;
  for await (const difference of differencesBetween(mine, theirs)) {
    if (await wasOvertaken(difference, { leader, signal })) continue;
    counts[difference.class] += 1;
    if (differences.length < differencesMax) differences.push(shown(difference));
    else omitted += 1;
  }
  return { counts, differences, omitted };
}

/**
 * While writes go on, a follower's page can be younger than the leader's. What it shows is a
 * difference only if the leader, asked again, still does not know it.
 */
async function wasOvertaken(
  { class: kind, key, follower }: KeyDifference,
  { leader, signal }: { leader: Member; signal: AbortSignal | undefined },
): Promise<boolean> {
  if (follower === undefined || kind === "stale") return false;
  const query = new URLSearchParams({ key });
  try {
    const now = await callJson(`${leader.url}/read?${query}`, keyValueSchema, {
      signal,
      parse: parseEntry,
    });
    if (now.version !== follower.version) return now.version > follower.version;
    return now.value === follower.text;
  } catch (error) {
    if (error instanceof Problem && error.code === "KEY_NOT_FOUND") return false;
    throw error;
  }
}

const total = (counts: FollowerComparison["counts"]): number =>
  counts.missing + counts.stale + counts.diverged + counts.extra;

const shown = ({ class: kind, key, leader, follower }: KeyDifference): Difference => ({
  class: kind,
  key,
  leader: sideOf(leader),
  follower: sideOf(follower),
});

function sideOf(listed: ListedKey | undefined): Difference["leader"] {
  if (listed === undefined) return null;
  const { version, text } = listed;
  const cut = text.length > shownValueMax;
  return { version, value: cut ? `${text.slice(0, shownValueMax)}…` : text };
}
