/** Results as a perfect store would leave them, from a seed: for tests of everything after the run. */
import type { Ack, Pass, Results, Sample } from "../../simulation/results/schema.ts";
import { schemaVersion } from "../../simulation/results/schema.ts";
import { type Random, seededRandom } from "../../simulation/statistics/index.ts";
import type { DelayRange } from "../../simulation/theory/index.ts";

export interface SyntheticOptions {
  readonly quorums?: readonly number[];
  readonly clients?: number;
  readonly writes?: number;
  readonly rounds?: number;
  readonly seed?: number;
  /** One for each follower. */
  readonly delays?: readonly DelayRange[];
  /** The store's own cost of each write. */
  readonly overheadMs?: number;
}

const lab: DelayRange = { minDelayMs: 0, maxDelayMs: 1000 };
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

export function syntheticResults(given: SyntheticOptions = {}): Results {
  const wanted = {
    quorums: [1, 2, 3, 4, 5],
    clients: 10,
    writes: 10,
    rounds: 1,
    seed: 1,
    delays: [lab, lab, lab, lab, lab],
    overheadMs: 1.5,
    ...given,
  };
  const { quorums, clients, writes, rounds, seed, delays } = wanted;
  const random = seededRandom(seed);
  const passes = Array.from({ length: rounds }, (_, round) =>
    quorums.map((quorum) => syntheticPass({ quorum, round: round + 1, wanted, random })),
  ).flat();
  return {
    schemaVersion,
    startedAt: "2026-11-22T16:00:00.000Z",
    finishedAt: "2026-11-22T16:01:00.000Z",
    cutShort: null,
    command: "npm run simulate -- --seed 1",
    options: {
      target: "processes",
      quorums: [...quorums],
      clients,
      writes,
      minDurationMs: 0,
      rounds,
      order: "interleaved",
      keys: 10,
      payload: 64,
      minDelay: 0,
      maxDelay: 1000,
      followerDelays: {},
      seed,
      warmup: 2,
    },
    environment: {
      node: "v24.0.0",
      platform: "Linux 6.1 x64",
      cpu: "A processor",
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      loadBefore: 0.2,
      loadAfter: 0.9,
      cluster: "6 own processes",
    },
    leader: "leader",
    followers: delays.map((delay, index) => ({ id: `follower${index + 1}`, delay })),
    leaderChanges: [],
    passes,
  };
}

type Wanted = Required<SyntheticOptions>;

function syntheticPass(made: {
  quorum: number;
  round: number;
  wanted: Wanted;
  random: Random;
}): Pass {
  const { quorum, round, wanted, random } = made;
  const ids = wanted.delays.map((_, index) => `follower${index + 1}`);
  const samples: Sample[] = [];
  const timelines: Pass["timelines"] = [];
  for (let client = 0; client < wanted.clients; client += 1) {
    let startedAtMs = 0;
    for (let write = 0; write < wanted.writes; write += 1) {
      const version = 1 + client + write * wanted.clients;
      const acks = acksOf(wanted, random);
      const settleMs = acks[quorum - 1]?.ms ?? 0.4;
      const latencyMs = rounded(settleMs + wanted.overheadMs - 0.5 + random() * 0.2);
      const key = `sweep/key-${write % 10}`;
      samples.push({
        client,
        write,
        key,
        startedAtMs: rounded(startedAtMs),
        latencyMs,
        settleMs,
        version,
        acks: acks.slice(0, quorum),
      });
      timelines.push({ version, key, settleMs, acks });
      startedAtMs += latencyMs;
    }
  }
  const compared = (identical: boolean) => ids.map((node) => comparedAs(node, identical));
  const leader = { node: "leader", applied: wanted.clients * wanted.writes, keys: 10 };
  return {
    quorum,
    round,
    startedAt: `2026-11-22T16:00:${String(quorum * 10).padStart(2, "0")}.000Z`,
    loadMs: Math.max(...samples.map((sample) => sample.startedAtMs + sample.latencyMs)),
    expected: wanted.clients * wanted.writes,
    warmUp: { writes: 400, ms: 2100, steady: true },
    complete: true,
    samples,
    failures: [],
    noise: { meanMs: 0.1, p99Ms: 0.6, maxMs: 2.1 },
    freshness: samples.map(({ version }) => {
      const behindMs = rounded(Math.max(0, random() * 1000 - quorum * 150));
      const node = ids[version % ids.length] ?? "follower1";
      return { node, version, fresh: behindMs === 0, behindMs };
    }),
    timelines,
    comparisons: [
      { moment: "answered", atMs: 1.2, leader, followers: compared(quorum === ids.length) },
      { moment: "settled", atMs: 900, leader, followers: compared(true) },
    ],
    convergence: ids.map((node) => ({ node, ms: rounded(random() * (1000 - quorum * 150)) })),
  };
}

/** One of the delays that the range stands for, in milliseconds. */
export const drawnDelay = ({ minDelayMs, maxDelayMs }: DelayRange, random: Random): number =>
  minDelayMs + (maxDelayMs - minDelayMs) * random();

const acksOf = ({ delays }: Wanted, random: Random): Ack[] =>
  delays
    .map((delay, index) => {
      const delayMs = rounded(drawnDelay(delay, random));
      return { node: `follower${index + 1}`, ms: rounded(delayMs + 0.4 + random() * 0.4), delayMs };
    })
    .sort((a, b) => a.ms - b.ms);

const comparedAs = (
  node: string,
  identical: boolean,
): Pass["comparisons"][number]["followers"][number] => ({
  node,
  applied: identical ? 100 : 97,
  keys: 10,
  method: "keys",
  identical,
  counts: { missing: 0, stale: identical ? 0 : 1, diverged: 0, extra: 0 },
  differences: identical
    ? []
    : [
        {
          class: "stale",
          key: "sweep/key-3",
          leader: { version: 98, value: '{"write":9}' },
          follower: { version: 88, value: '{"write":8}' },
        },
      ],
  omitted: 0,
  error: null,
});
