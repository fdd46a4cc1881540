/** Option values as people type them. */
import { InvalidArgumentError } from "commander";
import type { DelayRange } from "../theory/index.ts";

const quorumMax = 64;

/** "1-5", "1,3,5" or "0-2,5": different numbers, in the given order. */
export function parseQuorums(text: string): readonly number[] {
  const numbers = text.split(",").flatMap((part) => {
    const match = /^\s*(\d+)(?:\s*(?:-|\.\.)\s*(\d+))?\s*$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || to < from || to > quorumMax) {
      throw new InvalidArgumentError('Expected quorums such as "1-5" or "1,3,5".');
    }
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  return [...new Set(numbers)];
}

/**
 * A parser for commander: takes decimal digits only, within the range, both ends included.
 */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };

/** The range that nodes accept for MIN_DELAY and MAX_DELAY. */
export const delayMs = wholeNumber(0, 60_000);

/** A number of keys, or a key of its own for each write. */
export type Keys = number | "unique";

/** "unique", or how many keys there are. */
export const parseKeys = (text: string): Keys =>
  text === "unique" ? text : wholeNumber(1, 10_000_000)(text);

/** "10" or "10%" as a share. */
export function parseShare(text: string): number {
  const value = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (value >= 0 && value <= 100) return value / 100;
  throw new InvalidArgumentError("Expected a percentage from 0 to 100.");
}

/** "follower3=200-400", collected over repeated options and commas. */
export function parseFollowerDelay(
  text: string,
  known: Readonly<Record<string, DelayRange>> = {},
): Readonly<Record<string, DelayRange>> {
  const delays = { ...known };
  for (const part of text.split(",")) {
    const match = /^\s*([\w-]+)=(\d+)(?:-|\.\.)(\d+)\s*$/.exec(part);
    const [minDelayMs, maxDelayMs] = [delayMs(match?.[2] ?? ""), delayMs(match?.[3] ?? "")];
    if (match?.[1] === undefined || minDelayMs > maxDelayMs) {
      throw new InvalidArgumentError(
        'Expected a delay range such as "follower3=200-400", in milliseconds.',
      );
    }
    delays[match[1]] = { minDelayMs, maxDelayMs };
  }
  return delays;
}

/** Some of the allowed words, separated by commas, each once. */
export const parseList =
  <T extends string>(allowed: readonly T[]) =>
  (text: string): readonly T[] => {
    const chosen = text.split(",").map((part) => part.trim());
    const unknown = chosen.filter((part) => !allowed.includes(part as T));
    if (unknown.length === 0) return [...new Set(chosen)] as T[];
    throw new InvalidArgumentError(`Expected one or more of ${allowed.join(",")}.`);
  };

/** [1,2,3,5] as "1-3,5". */
export function quorumsText(quorums: readonly number[]): string {
  const runs: number[][] = [];
  for (const quorum of quorums) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === quorum - 1) run.push(quorum);
    else runs.push([quorum]);
  }
  return runs.map((run) => (run.length === 1 ? `${run[0]}` : `${run[0]}-${run.at(-1)}`)).join(",");
}
