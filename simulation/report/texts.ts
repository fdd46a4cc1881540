/** What the report explains in words, the same in every format. */
import type { Results } from "../results/schema.ts";

/** Stands above the table of stores: most readers take its first column for faults. */
export const whyStoresDiffer =
  "A write is answered when its quorum of followers has it on disk; the other followers' copies are " +
  "still on their way then, and even a follower that has one shows it only once the leader has told " +
  "it that the entry is committed. So right after the last answer a quorum below all followers may " +
  "find stores that lack a key (missing) or hold an older version (stale). That is the price of not " +
  "waiting, not a fault. A value that differs under the same version (diverged), or a key the leader " +
  "does not have (extra), would be one, at any time; and after convergence nothing may differ.";

/** One caveat or rule each. What the code does must agree with these sentences. */
export const method: readonly string[] = [
  "Closed loop: each client sends its next write when the last was answered, so a slow store also " +
    "lowers the load. The figures are latencies at this concurrency, not a capacity.",
  "Latency is taken from every single request, in fractions of a millisecond, from the request's " +
    "departure to the end of its answer. Writes without success are counted apart and are in no " +
    "latency figure. The p99 is shown from 1000 samples up.",
  "A first pass is not counted. Before each pass the cluster is warmed up: with unmeasured writes at " +
    "quorum 0, then with the load of the pass itself, at its quorum and with its instruments, until the " +
    "own cost has stopped falling (for at most 10 s); then until all stores are equal and the load " +
    "generator's timers are punctual (for at most 2.5 s). Each client then opens its connection with one " +
    "more unmeasured write; these are spread over the time of one write, so that clients do not start in step.",
  "How many writes a pass makes is decided before it from theory: at least as many as were asked for, " +
    "and as many as the shortest duration takes. No write is cut off by a clock.",
  "Theory is the k-th order statistic of the followers' independent delays (Poisson-binomial formula), " +
    "which for equal uniform delays means min + (max − min) · k / (n + 1). It knows nothing of the " +
    "store's own cost.",
  "The store's own cost is a write's latency less the k-th smallest delay that really elapsed for it, " +
    "as the leader measured it. Timers fire up to about a millisecond off their delay; comparing with " +
    "elapsed delays keeps that out of the result.",
  "Intervals are 95 % percentile bootstrap intervals of the mean (2000 resamples, seeded; the normal " +
    "interval above 5000 samples).",
  "Load generator and nodes share one host and its processors, and the network is the loopback " +
    "interface with simulated delays. A promise about times passes or fails only with its whole 95 % " +
    "interval, and fails only where nothing else the machine did explains it: the load generator's own " +
    "timers were punctual (p99 at most 5 ms late), the load average was at most the number of cores " +
    "before the run and twice that after it, and no single pause accounts for the excess. Anything else " +
    "is inconclusive. Writes that were too late or met an overloaded leader, and stores that were only " +
    "behind, are excused by a busy machine too; other faults are not.",
  "The followers' reads that measure freshness, at most 25 a second, run beside the writes.",
];

/** The run in one paragraph, for readers who will not look at the command. */
export function optionsInWords({ options, followers, leaderChanges }: Results): string {
  const { clients, writes, rounds, keys, payload, order, warmup, seed } = options;
  const keysText = keys === null ? "a key of its own for each write" : `${keys} keys`;
  return (
    `${clients} clients made ${writes} writes each per quorum${durationInWords(options)}` +
    `${rounds === 1 ? "" : ` in each of ${rounds} rounds (${order})`}, over ${keysText}, values of ` +
    `${payload} bytes, after ${warmup} warm-up writes each; seed ${seed}. ${delaysInWords(followers)}` +
    changesInWords(leaderChanges)
  );
}

function changesInWords(changes: Results["leaderChanges"]): string {
  if (changes.length === 0) return "";
  const each = changes.map(
    ({ quorum, round, from }) => `at quorum ${quorum} in round ${round} (led by ${from})`,
  );
  return ` The leader changed during a pass, which was made again: ${each.join(", ")}.`;
}

const durationInWords = ({ minDurationMs }: Results["options"]): string =>
  minDurationMs === 0 ? "" : `, or more to fill ${minDurationMs / 1000} s`;

function delaysInWords(followers: Results["followers"]): string {
  const ranges = followers.map(({ delay }) => `${delay.minDelayMs}–${delay.maxDelayMs} ms`);
  const [first] = ranges;
  if (first === undefined) return "";
  if (ranges.every((range) => range === first)) {
    return `Simulated delay on the way to each of ${followers.length} followers: ${first}.`;
  }
  const each = followers.map(({ id }, index) => `${id} ${ranges[index]}`);
  return `Simulated delays: ${each.join(", ")}.`;
}

/** Name and value of what may explain a difference between two runs. */
export function environmentRows(results: Results): readonly (readonly [string, string])[] {
  const { environment, startedAt, finishedAt } = results;
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return [
    ["Run", `${startedAt}, ${seconds.toFixed(0)} s`],
    ["Cluster", `${environment.cluster}; leader and ${results.followers.length} followers`],
    ["Node.js", environment.node],
    ["System", environment.platform],
    ["Processor", `${environment.cpu}, ${environment.cores} cores`],
    ["Memory", `${(environment.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
    ["Load before and after", `${environment.loadBefore} and ${environment.loadAfter}`],
    ["Lateness of the load generator's timers", noiseText(results)],
    ["Warm-up", warmUpText(results)],
  ];
}

function noiseText({ passes }: Results): string {
  const p99 = Math.max(0, ...passes.map(({ noise }) => noise.p99Ms));
  const max = Math.max(0, ...passes.map(({ noise }) => noise.maxMs));
  return `p99 ${p99.toFixed(2)} ms, at most ${max.toFixed(1)} ms`;
}

function warmUpText({ passes }: Results): string {
  const made = passes.flatMap(({ quorum, warmUp }) => (warmUp ? [{ quorum, ...warmUp }] : []));
  if (made.length === 0) return "none";
  const seconds = made.map(({ ms }) => ms / 1000);
  const unsteady = made.filter(({ steady }) => !steady).map(({ quorum }) => quorum);
  const end =
    unsteady.length === 0
      ? "the own cost was steady before every pass"
      : `the own cost still fell before a pass at quorum ${[...new Set(unsteady)].join(", ")}`;
  return `${Math.min(...seconds).toFixed(1)} to ${Math.max(...seconds).toFixed(1)} s; ${end}`;
}
