/**
 * `results.json`: everything that was measured, raw. Whatever the report shows is computed from this
 * file, so `render` needs no cluster. Times are milliseconds; instants are ISO 8601.
 */
import { z } from "zod";

/** Raised when an older reader would misread the file. */
export const schemaVersion = 1;

const delayRange = z.strictObject({ minDelayMs: z.number(), maxDelayMs: z.number() });

const ack = z.strictObject({
  node: z.string(),
  /** From the proposal to this ack's arrival at the leader. */
  ms: z.number(),
  /** How long the entry was really held back on its way to that node. */
  delayMs: z.number(),
});

/** One write that was answered with success. */
const sample = z.strictObject({
  client: z.number().int(),
  write: z.number().int(),
  key: z.string(),
  /** From the start of the pass to the request's departure. */
  startedAtMs: z.number(),
  /** From the request's departure to its answer, as the client saw it. */
  latencyMs: z.number(),
  /** From the proposal to the settling, as the leader saw it. */
  settleMs: z.number(),
  version: z.number().int(),
  /** Those that had arrived when the entry settled, in order of arrival. */
  acks: z.array(ack),
});

/** One write without success: refused (nothing was written) or of unknown outcome. */
const failure = z.strictObject({
  client: z.number().int(),
  write: z.number().int(),
  key: z.string(),
  startedAtMs: z.number(),
  latencyMs: z.number().nullable(),
  outcome: z.enum(["refused", "unknown"]),
  /** HTTP status; null when no answer came. */
  status: z.number().nullable(),
  code: z.string(),
  detail: z.string(),
});

const side = z.strictObject({ version: z.number().int(), value: z.string() });

/** See `DifferenceClass` in `compare/merge.ts` for what each means. */
const differenceClasses = ["missing", "stale", "diverged", "extra"] as const;

const difference = z.strictObject({
  class: z.enum(differenceClasses),
  key: z.string(),
  leader: side.nullable(),
  follower: side.nullable(),
});

const followerComparison = z.strictObject({
  node: z.string(),
  applied: z.number().int().nullable(),
  keys: z.number().int().nullable(),
  /** How it was found out: by the stores' digests alone, or key by key. */
  method: z.enum(["digest", "keys", "none"]),
  identical: z.boolean(),
  counts: z.strictObject({
    missing: z.number().int(),
    stale: z.number().int(),
    diverged: z.number().int(),
    extra: z.number().int(),
  }),
  /** The first of them in key order; `omitted` more were only counted. */
  differences: z.array(difference),
  omitted: z.number().int(),
  /** Why it could not be compared; null when it was. */
  error: z.string().nullable(),
});

const comparison = z.strictObject({
  moment: z.enum(["answered", "settled"]),
  /** From the last answer of the pass. */
  atMs: z.number(),
  leader: z.strictObject({ node: z.string(), applied: z.number().int(), keys: z.number().int() }),
  followers: z.array(followerComparison),
});

/** A read at a follower right after the leader's answer. */
const freshness = z.strictObject({
  node: z.string(),
  version: z.number().int(),
  /** The follower's read already showed the write. */
  fresh: z.boolean(),
  /** From the answer until a read at that follower showed it; null when that took too long. */
  behindMs: z.number().nullable(),
});

/** One write with the acks of all followers, also those after its answer. */
const timeline = z.strictObject({
  version: z.number().int(),
  key: z.string(),
  settleMs: z.number(),
  acks: z.array(ack),
});

const noise = z.strictObject({
  /** How late the load generator's timers fired. */
  meanMs: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
});

/** The unmeasured load before a pass, at the same quorum and with the same instruments. */
const warmUp = z.strictObject({
  writes: z.number().int(),
  ms: z.number(),
  /** False: the own cost was still falling when the warm-up reached its time limit. */
  steady: z.boolean(),
});

/** One load of one quorum. */
const pass = z.strictObject({
  quorum: z.number().int(),
  round: z.number().int(),
  startedAt: z.string(),
  /** From the first request to the last answer. */
  loadMs: z.number(),
  /** Writes that were to be made; fewer were tried when the pass was cut short. */
  expected: z.number().int(),
  /** null: there was none, or the file is older than its record. */
  warmUp: warmUp.nullable().default(null),
  complete: z.boolean(),
  samples: z.array(sample),
  failures: z.array(failure),
  noise,
  freshness: z.array(freshness),
  timelines: z.array(timeline),
  comparisons: z.array(comparison),
  /** From the last answer until the follower's store equalled the leader's; null: not in time. */
  convergence: z.array(z.strictObject({ node: z.string(), ms: z.number().nullable() })),
});

const options = z.strictObject({
  target: z.string(),
  quorums: z.array(z.number().int()),
  clients: z.number().int(),
  /** Of each client per pass, at least. */
  writes: z.number().int(),
  /** Passes that `writes` would end sooner make more writes; 0: none do. */
  minDurationMs: z.number().default(0),
  rounds: z.number().int(),
  order: z.enum(["sequential", "interleaved", "random"]),
  /** How many keys are written; null: a new one for each write. */
  keys: z.number().int().nullable(),
  payload: z.number().int(),
  minDelay: z.number().nullable(),
  maxDelay: z.number().nullable(),
  followerDelays: z.record(z.string(), delayRange),
  seed: z.number().int(),
  warmup: z.number().int(),
});

/**
 * The whole file. Unknown members are an error, so that a newer file is not misread in part.
 */
export const resultsSchema = z.strictObject({
  schemaVersion: z.literal(schemaVersion),
  startedAt: z.string(),
  finishedAt: z.string(),
  /** What ended the run before its time; null: it is whole. */
  cutShort: z.string().nullable(),
  /** What to type to run it again. */
  command: z.string(),
  options,
  environment: z.strictObject({
    node: z.string(),
    platform: z.string(),
    cpu: z.string(),
    cores: z.number().int(),
    memoryBytes: z.number(),
    /** Load average over one minute. */
    loadBefore: z.number(),
    loadAfter: z.number(),
    cluster: z.string(),
  }),
  leader: z.string(),
  /** Every follower with the simulated delay in force on its way. */
  followers: z.array(z.strictObject({ id: z.string(), delay: delayRange })),
  passes: z.array(pass),
  /** Passes that were made again because another node led at their end. */
  leaderChanges: z
    .array(z.strictObject({ quorum: z.number().int(), round: z.number().int(), from: z.string() }))
    .default([]),
});

export type Ack = z.infer<typeof ack>;
export type Sample = z.infer<typeof sample>;
export type Failure = z.infer<typeof failure>;
export type DifferenceClass = (typeof differenceClasses)[number];
export type Difference = z.infer<typeof difference>;
export type FollowerComparison = z.infer<typeof followerComparison>;
export type Comparison = z.infer<typeof comparison>;
export type Freshness = z.infer<typeof freshness>;
export type Timeline = z.infer<typeof timeline>;
export type Noise = z.infer<typeof noise>;
export type WarmUp = z.infer<typeof warmUp>;
export type Pass = z.infer<typeof pass>;
export type SweepOptions = z.infer<typeof options>;
export type Results = z.infer<typeof resultsSchema>;
