/** Tables for spreadsheets: one of every write, one of every quorum. RFC 4180. */
import { type Analysis, verdictOnQuorum } from "../analysis/analyse.ts";
import { overheadOf, type QuorumAnalysis, tracedDelayOf } from "../analysis/per-quorum.ts";
import type { Failure, Pass, Results, Sample } from "../results/schema.ts";

type Cell = string | number | null | undefined;

/** One row for each write of the run, with success or without. Times are milliseconds. */
export const samplesCsv = ({ passes }: Results): string =>
  csvOf([
    sampleColumns,
    ...passes.flatMap((pass) => [
      ...pass.samples.map((sample) => sampleRow(pass, sample)),
      ...pass.failures.map((failure) => failureRow(pass, failure)),
    ]),
  ]);

const sampleColumns = (
  "quorum,round,client,write,key,started_ms,latency_ms,settle_ms," +
  "elapsed_delay_ms,own_cost_ms,version,acks,outcome,code"
).split(",");

const sampleRow = ({ quorum, round }: Pass, sample: Sample): readonly Cell[] => [
  quorum,
  round,
  sample.client,
  sample.write,
  sample.key,
  sample.startedAtMs,
  sample.latencyMs,
  sample.settleMs,
  tracedDelayOf(sample, quorum),
  thousandths(overheadOf(sample, quorum)),
  sample.version,
  sample.acks.map(({ node }) => node).join(" "),
  "success",
  "",
];

/** Settling, delay, own cost, version and acks are known of a success only. */
const failureRow = ({ quorum, round }: Pass, failure: Failure): readonly Cell[] => [
  quorum,
  round,
  failure.client,
  failure.write,
  failure.key,
  failure.startedAtMs,
  failure.latencyMs,
  null,
  null,
  null,
  null,
  "",
  failure.outcome,
  failure.code,
];

/** One row for each quorum; see `QuorumAnalysis` for what the figures mean. */
export const summaryCsv = (analysis: Analysis): string =>
  csvOf([
    summaryColumns.map(([name]) => name),
    ...analysis.quorums.map((one) => summaryColumns.map(([, cellOf]) => cellOf(one, analysis))),
  ]);

const summaryColumns: readonly [string, (one: QuorumAnalysis, all: Analysis) => Cell][] = [
  ["quorum", (one) => one.quorum],
  ["samples", (one) => one.samples],
  ["mean_ms", (one) => thousandths(one.latency?.meanMs)],
  ["mean_low_ms", (one) => thousandths(one.meanInterval?.lowMs)],
  ["mean_high_ms", (one) => thousandths(one.meanInterval?.highMs)],
  ["p50_ms", (one) => thousandths(one.latency?.p50Ms)],
  ["p90_ms", (one) => thousandths(one.latency?.p90Ms)],
  ["p95_ms", (one) => thousandths(one.latency?.p95Ms)],
  ["p99_ms", (one) => thousandths(one.latency?.p99Ms)],
  ["max_ms", (one) => thousandths(one.latency?.maxMs)],
  ["theory_mean_ms", (one) => thousandths(one.theory.meanMs)],
  ["theory_p5_ms", (one) => thousandths(one.theory.p5Ms)],
  ["theory_p50_ms", (one) => thousandths(one.theory.p50Ms)],
  ["theory_p95_ms", (one) => thousandths(one.theory.p95Ms)],
  ["elapsed_delay_mean_ms", (one) => thousandths(one.tracedMs)],
  ["own_cost_mean_ms", (one) => thousandths(one.overhead?.meanMs)],
  ["own_cost_p50_ms", (one) => thousandths(one.overhead?.p50Ms)],
  ["refused", (one) => one.refused],
  ["unknown", (one) => one.unknown],
  ["fresh_share", (one) => thousandths(one.freshness?.freshShare)],
  ["converged_max_ms", (one) => thousandths(one.convergence?.maxMs)],
  ["differences_answered", (one) => one.answered?.total],
  ["differences_settled", (one) => one.settled?.total],
  ["verdict", (one, all) => verdictOnQuorum(all, one.quorum)],
];

const csvOf = (rows: readonly (readonly Cell[])[]): string =>
  `${rows.map((row) => row.map(cellText).join(",")).join("\r\n")}\r\n`;

function cellText(cell: Cell): string {
  const text = cell === null || cell === undefined ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const thousandths = (value: number | null | undefined): number | null | undefined =>
  typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
