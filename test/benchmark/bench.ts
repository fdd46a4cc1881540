/** What every part of the benchmark gets, and what a part is. */
import type { Rounds } from "./measure/compare.ts";
import type { Table } from "./measure/report.ts";

export interface BenchOptions extends Rounds {
  readonly connections: readonly number[];
  readonly followers: number;
  /** In the store of the parts that need a large one. */
  readonly keys: number;
  /** Of the part `memory`. */
  readonly writes: number;
  /** Of the part `idle`. */
  readonly idleConnections: number;
  readonly watchers: number;
  /** Of BulkWrite; as many connections of Redis. */
  readonly streams: number;
  /** Unanswered writes on each of them. */
  readonly inFlight: number;
  readonly losses: number;
  /** How the leader is lost: some of kill, SIGTERM, handover, etcd. */
  readonly ways: ReadonlySet<string>;
  readonly basePort: number;
  /** Where CPU profiles of the leader and follower1 go; undefined: none are taken. */
  readonly profile: string | undefined;
}

export interface Bench {
  readonly options: BenchOptions;
  /** A folder of this run alone, on disk. */
  readonly folder: string;
  say(line: string): void;
  /** Prints a table; `figures` are all that it was made of. */
  report(name: string, table: Table, figures: unknown): void;
}

/** A name for `--only`, which is also that of its table. */
interface Topic {
  readonly name: string;
  readonly about: string;
  /** Roughly how long it takes. */
  seconds(options: BenchOptions): number;
}

/** What is measured on one cluster. */
export interface Part {
  readonly topics: readonly Topic[];
  /** `wanted`: names of topics, at least one. */
  run(bench: Bench, wanted: ReadonlySet<string>): Promise<void>;
}

/** Seconds that runs of so many sides take. */
export const secondsOfRounds = (
  { seconds, rounds, warmUpSeconds }: Rounds,
  sides: number,
): number => sides * (warmUpSeconds + rounds * seconds);

/** Ports of whatever a part starts beside our own cluster, which has those from the base on. */
export const portsOf = ({ basePort }: BenchOptions) => ({
  ours: basePort,
  second: basePort + 100,
  third: basePort + 200,
  etcd: basePort + 300,
  redis: basePort + 400,
  express: basePort + 500,
});
