import { EMPTY_HISTORY, type Entry, type History, type SequenceRange } from "./types.ts";

/**
 * Sums over sets of entries: two lanes of 32 bits, each the sum, modulo 2^32, of one hash per
 * entry. A sum does not depend on order, and what was added can be subtracted again, so the sum at
 * one applied mark gives the sum at any other from the entries in between. The lanes differ in all
 * their constants: entries that collide in one need not collide in the other. They guard against
 * faults, not against forgers.
 */

/** What identifies an entry: no epoch proposes two entries first at one sequence. */
type Identity = Pick<Entry, "sequence" | "origin">;

interface Sum {
  readonly high: number;
  readonly low: number;
}

/** Constants of one lane: MurmurHash3 by Austin Appleby; the second finalizer by Chris Wellons. */
interface Lane {
  readonly seed: number;
  readonly before: number;
  readonly after: number;
  readonly first: number;
  readonly second: number;
}

const HIGH: Lane = {
  seed: 0x2f0b4c47,
  before: 0xcc9e2d51,
  after: 0x1b873593,
  first: 0x85ebca6b,
  second: 0xc2b2ae35,
};
const LOW: Lane = {
  seed: 0x7b1dcdaf,
  before: 0x239b961b,
  after: 0xab0e9789,
  first: 0x7feb352d,
  second: 0x846ca68b,
};

const TWO_32 = 2 ** 32;

/** The sum after these entries were applied to a store whose sum is `history`. */
export const historyAfter = (history: History, entries: Iterable<Identity>): History =>
  toHistory(plus(toSum(history), sumOf(entries)));

/** The sum over what `history` was made from without what `part` was made from. */
export const subtractHistory = (history: History, part: History): History =>
  toHistory(minus(toSum(history), toSum(part)));

/**
 * The sum over the entries of a range. `entries` are those of a log from the start of the range on,
 * in order; undefined where one of the range is missing in them.
 */
export function historyOfRange(
  entries: Iterable<Identity>,
  { from, to }: SequenceRange,
): History | undefined {
  if (from > to) return EMPTY_HISTORY;
  let sum: Sum = { high: 0, low: 0 };
  let expected = from;
  for (const entry of entries) {
    if (entry.sequence !== expected) return undefined;
    sum = plus(sum, hashOf(entry));
    if (expected === to) return toHistory(sum);
    expected += 1;
  }
  return undefined;
}

export const isHistory = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);

function sumOf(entries: Iterable<Identity>): Sum {
  let high = 0;
  let low = 0;
  for (const entry of entries) {
    high = (high + laneHash(entry, HIGH)) >>> 0;
    low = (low + laneHash(entry, LOW)) >>> 0;
  }
  return { high, low };
}

const hashOf = (entry: Identity): Sum => ({
  high: laneHash(entry, HIGH),
  low: laneHash(entry, LOW),
});

/** Both numbers count with all their 53 bits: a bitwise operator sees only the lower 32. */
function laneHash({ sequence, origin }: Identity, lane: Lane): number {
  let hash = lane.seed;
  hash = absorb(hash, sequence, lane);
  hash = absorb(hash, Math.floor(sequence / TWO_32), lane);
  hash = absorb(hash, origin, lane);
  hash = absorb(hash, Math.floor(origin / TWO_32), lane);
  hash = Math.imul(hash ^ (hash >>> 16), lane.first);
  hash = Math.imul(hash ^ (hash >>> 15), lane.second);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function absorb(hash: number, word: number, { before, after }: Lane): number {
  const mixed = Math.imul(rotate(Math.imul(word, before), 15), after);
  return (Math.imul(rotate(hash ^ mixed, 13), 5) + 0xe6546b64) | 0;
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

const plus = (one: Sum, other: Sum): Sum => ({
  high: (one.high + other.high) >>> 0,
  low: (one.low + other.low) >>> 0,
});

const minus = (one: Sum, other: Sum): Sum => ({
  high: (one.high - other.high) >>> 0,
  low: (one.low - other.low) >>> 0,
});

const toSum = (history: History): Sum => ({
  high: Number.parseInt(history.slice(0, 8), 16),
  low: Number.parseInt(history.slice(8), 16),
});

const toHistory = ({ high, low }: Sum): History => toDigits(high) + toDigits(low);

const toDigits = (lane: number): string => lane.toString(16).padStart(8, "0");
