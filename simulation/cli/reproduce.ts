/** The command that makes a run again: every option that differs from its default. */
import type { SweepFlags } from "./flags.ts";
import { quorumsText } from "./values.ts";

/**
 * The lab's shape: five followers, ten clients, ten writes each. The help prints these values.
 */
export const sweepDefaults = {
  target: "processes",
  followers: 5,
  quorums: [1, 2, 3, 4, 5],
  clients: 10,
  writes: 10,
  /** Milliseconds. */
  minDuration: 5000,
  rounds: 1,
  order: "interleaved",
  keys: 10,
  payload: 64,
  seed: 1,
  warmup: 20,
} as const satisfies Partial<SweepFlags>;

/** A line for a shell: values with special characters are quoted. */
export function reproduceCommand(flags: SweepFlags): string {
  const words: string[] = [];
  const add = (name: string, value: string, usual: string | undefined) => {
    if (value !== usual) words.push(`--${name}`, quoted(value));
  };
  add("target", flags.target, sweepDefaults.target);
  add("followers", `${flags.followers}`, `${sweepDefaults.followers}`);
  add("quorums", quorumsText(flags.quorums), quorumsText(sweepDefaults.quorums));
  add("clients", `${flags.clients}`, `${sweepDefaults.clients}`);
  // Also where it is the default: without it a short pass makes more writes.
  if (flags.writes !== undefined) add("writes", `${flags.writes}`, undefined);
  if (flags.minDuration !== undefined) add("min-duration", `${flags.minDuration}`, undefined);
  add("rounds", `${flags.rounds}`, `${sweepDefaults.rounds}`);
  add("order", flags.order, sweepDefaults.order);
  add("keys", `${flags.keys}`, `${sweepDefaults.keys}`);
  add("payload", `${flags.payload}`, `${sweepDefaults.payload}`);
  if (flags.minDelay !== undefined) add("min-delay", `${flags.minDelay}`, undefined);
  if (flags.maxDelay !== undefined) add("max-delay", `${flags.maxDelay}`, undefined);
  for (const [id, { minDelayMs, maxDelayMs }] of Object.entries(flags.followerDelay ?? {})) {
    add("follower-delay", `${id}=${minDelayMs}-${maxDelayMs}`, undefined);
  }
  add("seed", `${flags.seed}`, `${sweepDefaults.seed}`);
  add("warmup", `${flags.warmup}`, `${sweepDefaults.warmup}`);
  return words.length === 0 ? "npm run simulate" : `npm run simulate -- ${words.join(" ")}`;
}

const quoted = (word: string): string =>
  /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
