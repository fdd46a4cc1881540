/** Tables for spreadsheets: one of every write, one of every quorum. RFC 4180. */
import type { Analysis } from "../analysis/analyse.ts";
import { verdictOnQuorum } from "../analysis/analyse.ts";
import { overheadOf, tracedDelayOf } from "../analysis/per-quorum.ts";
import type { Results } from "../results/schema.ts";

type Cell = string | number | null | undefined;

export const samplesCsv = ({ passes }: Results): string =>
  csvOf([
    [
      ...["quorum", "round", "client", "write", "key", "started_ms", "latency_ms", "settle_ms"],
      ...["elapsed_delay_ms", "own_cost_ms", "version", "acks", "outcome", "code"],
    ],
    ...passes.flatMap(({ quorum, round, samples, failures }) => [
      ...samples.map((sample) => [
        ...[quorum, round, sample.client, sample.write, sample.key, sample.startedAtMs],
        ...[sample.latencyMs, sample.settleMs, tracedDelayOf(sample, quorum)],
        ...[thousandths(overheadOf(sample, quorum)), sample.version],
        ...[sample.acks.map(({ node }) => node).join(" "), "success", ""],
      ]),
      ...failures.map((failure) => [
        ...[quorum, round, failure.client, failure.write, failure.key, failure.startedAtMs],
        ...[failure.latencyMs, null, null, null, null, "", failure.outcome, failure.code],
      ]),
    ]),
  ]);

export const summaryCsv = (analysis: Analysis): string =>
  csvOf([
    [
      ...["quorum", "samples", "mean_ms", "mean_low_ms", "mean_high_ms", "p50_ms", "p90_ms"],
      ...["p95_ms", "p99_ms", "max_ms", "theory_mean_ms", "theory_p5_ms", "theory_p50_ms"],
      ...[
        "theory_p95_ms",
        "elapsed_delay_mean_ms",
        "own_cost_mean_ms",
        "own_cost_p50_ms",
        "refused",
        "unknown",
        "fresh_share",
      ],
      ...["converged_max_ms", "differences_answered", "differences_settled", "verdict"],
    ],
    ...analysis.quorums.map((one) => [
      ...[one.quorum, one.samples, thousandths(one.latency?.meanMs)],
      ...[thousandths(one.meanInterval?.lowMs), thousandths(one.meanInterval?.highMs)],
      ...[thousandths(one.latency?.p50Ms), thousandths(one.latency?.p90Ms)],
      ...[thousandths(one.latency?.p95Ms), thousandths(one.latency?.p99Ms)],
      ...[thousandths(one.latency?.maxMs), thousandths(one.theory.meanMs)],
      ...[thousandths(one.theory.p5Ms), thousandths(one.theory.p50Ms)],
      ...[thousandths(one.theory.p95Ms), thousandths(one.tracedMs)],
      ...[thousandths(one.overhead?.meanMs), thousandths(one.overhead?.p50Ms)],
      ...[one.refused, one.unknown],
      ...[thousandths(one.freshness?.freshShare), thousandths(one.convergence?.maxMs)],
      ...[one.answered?.total, one.settled?.total, verdictOnQuorum(analysis, one.quorum)],
    ]),
  ]);

const csvOf = (rows: readonly (readonly Cell[])[]): string =>
  `${rows.map((row) => row.map(cellText).join(",")).join("\r\n")}\r\n`;

const cellText = (cell: Cell): string => {
  const text = cell === null || cell === undefined ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const thousandths = (value: number | null | undefined): number | null | undefined =>
  typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
