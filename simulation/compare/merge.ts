/** Compares two listings in key order, holding one record of each: a million keys need no memory. */
import { compareKeys } from "./key-order.ts";

/** `text` is the value as JSON text. */
export interface ListedKey {
  readonly key: string;
  readonly text: string;
  readonly version: number;
}

/**
 * missing: the follower lacks the key. stale: it holds an older version. diverged: it holds another
 * value under the same version, or a version the leader never had; replication must not let that be.
 * extra: the leader lacks the key.
 */
export type DifferenceClass = "missing" | "stale" | "diverged" | "extra";

/** One key on both sides; undefined where that side lacks it. */
export interface KeyDifference {
  readonly class: DifferenceClass;
  readonly key: string;
  readonly leader: ListedKey | undefined;
  readonly follower: ListedKey | undefined;
}

type Listing = AsyncIterable<ListedKey> | Iterable<ListedKey>;

/** Differences in key order. Both listings must be in byte order of their keys. */
export async function* differencesBetween(
  leader: Listing,
  follower: Listing,
): AsyncGenerator<KeyDifference> {
  const left = cursorOf(leader);
  const right = cursorOf(follower);
  try {
    let [mine, theirs] = [await left.next(), await right.next()];
    while (mine !== undefined || theirs !== undefined) {
      const order = orderOf(mine, theirs);
      const pair = {
        leader: order <= 0 ? mine : undefined,
        follower: order >= 0 ? theirs : undefined,
      };
      const difference = classify(pair);
      if (difference !== undefined) yield difference;
      if (order <= 0) mine = await left.next();
      if (order >= 0) theirs = await right.next();
    }
  } finally {
    await left.close();
    await right.close();
  }
}

/** Below 0: the leader's key comes first; 0: both are at the same key. */
function orderOf(mine: ListedKey | undefined, theirs: ListedKey | undefined): number {
  if (mine === undefined) return 1;
  if (theirs === undefined) return -1;
  return compareKeys(mine.key, theirs.key);
}

function classify({
  leader,
  follower,
}: Pick<KeyDifference, "leader" | "follower">): KeyDifference | undefined {
  if (leader === undefined) {
    return follower && { class: "extra", key: follower.key, leader, follower };
  }
  const key = leader.key;
  if (follower === undefined) return { class: "missing", key, leader, follower };
  if (follower.version < leader.version) return { class: "stale", key, leader, follower };
  const same = follower.version === leader.version && follower.text === leader.text;
  return same ? undefined : { class: "diverged", key, leader, follower };
}

function cursorOf(listing: Listing) {
  const iterator =
    Symbol.asyncIterator in listing ? listing[Symbol.asyncIterator]() : listing[Symbol.iterator]();
  return {
    next: async (): Promise<ListedKey | undefined> => {
      const step = await iterator.next();
      return step.done === true ? undefined : step.value;
    },
    close: async (): Promise<void> => {
      await iterator.return?.(undefined);
    },
  };
}
