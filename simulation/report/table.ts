/** The summary table and the texts round it, shared by the page, the Markdown and the terminal. */
import type { Analysis } from "../analysis/analyse.ts";
import { verdictOnQuorum } from "../analysis/analyse.ts";
import { comparesWithLab, labMeansMs } from "../analysis/lab.ts";
import { isDisturbed, judge, raisedMs, trusted, type VerdictState } from "../analysis/noise.ts";
import type { Differences, QuorumAnalysis } from "../analysis/per-quorum.ts";
import type { Results } from "../results/schema.ts";

/** Rows of plain text; the first names the columns. */
export type Table = readonly (readonly string[])[];

/**
 * Milliseconds without their unit: whole from 100 on, tenths below, a dash where there is no
 * value.
 */
export function ms(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1);
}

const exact = (value: number | undefined): string => (value === undefined ? "–" : value.toFixed(2));

/** A sign and a word, so that no verdict rests on colour alone. */
export const verdictMarks: Readonly<Record<VerdictState, string>> = {
  passed: "✓ passed",
  failed: "✗ failed",
  inconclusive: "? inconclusive",
};

/** One row for each quorum. */
export const summaryTable = (analysis: Analysis): Table =>
  // Most runs are too short for a p99; its column would hold nothing but dashes.
  withoutEmptyColumns(wholeSummary(analysis));

function withoutEmptyColumns([head = [], ...rows]: Table): Table {
  const kept = head.map((name, at) => name !== "p99" || rows.some((row) => row[at] !== "–"));
  return [head, ...rows].map((row) => row.filter((_, at) => kept[at] === true));
}

const wholeSummary = (analysis: Analysis): Table => [
  summaryColumns.map(([name]) => name),
  ...analysis.quorums.map((one) => summaryColumns.map(([, cellOf]) => cellOf(one, analysis))),
];

const summaryColumns: readonly [string, (one: QuorumAnalysis, all: Analysis) => string][] = [
  ["quorum", (one) => String(one.quorum)],
  ["writes", (one) => String(one.samples)],
  ["mean ms", (one) => exact(one.latency?.meanMs)],
  ["95 % interval", (one) => intervalText(one.meanInterval)],
  ["theory ms", (one) => exact(one.theory.meanMs)],
  ["median", (one) => ms(one.latency?.p50Ms)],
  ["p90", (one) => ms(one.latency?.p90Ms)],
  ["p95", (one) => ms(one.latency?.p95Ms)],
  ["p99", (one) => ms(one.latency?.p99Ms)],
  ["max", (one) => ms(one.latency?.maxMs)],
  ["own cost ms", (one) => exact(one.overhead?.meanMs)],
  ["its median", (one) => exact(one.overhead?.p50Ms)],
  ["no success", (one) => String(one.refused + one.unknown)],
  ["verdict", (one, all) => verdictMarks[verdictOnQuorum(all, one.quorum)]],
];

const intervalText = (interval: QuorumAnalysis["meanInterval"]): string =>
  interval === undefined ? "–" : `${ms(interval.lowMs)} – ${ms(interval.highMs)}`;

/** Undefined where the run's delays are not those of the lab. */
export function labTable(results: Results, analysis: Analysis): Table | undefined {
  if (!comparesWithLab(results)) return undefined;
  const rows = analysis.quorums.flatMap(({ quorum, latency, theory }) => {
    const lab = labMeansMs[quorum];
    if (lab === undefined) return [];
    const apart = latency === undefined ? undefined : 100 * (latency.meanMs / lab - 1);
    return [
      [
        String(quorum),
        lab.toFixed(2),
        exact(latency?.meanMs),
        exact(theory.meanMs),
        apart === undefined ? "–" : `${apart >= 0 ? "+" : "−"}${Math.abs(apart).toFixed(1)} %`,
      ],
    ];
  });
  const columns = ["quorum", "lab's mean ms", "this run ms", "theory ms", "this run against lab"];
  return [columns, ...rows];
}

/** Two runs side by side; quorums that only one of them has show a dash. */
export function comparisonTable(
  before: readonly QuorumAnalysis[],
  after: readonly QuorumAnalysis[],
): Table {
  const quorums = [...new Set([...before, ...after].map(({ quorum }) => quorum))];
  quorums.sort((a, b) => a - b);
  return [
    [
      "quorum",
      "mean before",
      "mean after",
      "change",
      "own cost before",
      "own cost after",
      "meaning",
    ],
    ...quorums.map((quorum) => {
      const left = before.find((one) => one.quorum === quorum);
      const right = after.find((one) => one.quorum === quorum);
      return [
        String(quorum),
        exact(left?.latency?.meanMs),
        exact(right?.latency?.meanMs),
        changeOf(left?.latency?.meanMs, right?.latency?.meanMs),
        exact(left?.overhead?.meanMs),
        exact(right?.overhead?.meanMs),
        meaningOf(left, right),
      ];
    }),
  ];
}

function changeOf(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined) return "–";
  const change = after - before;
  return `${change >= 0 ? "+" : "−"}${Math.abs(change).toFixed(1)} ms`;
}

function meaningOf(before: QuorumAnalysis | undefined, after: QuorumAnalysis | undefined): string {
  if (before?.meanInterval === undefined || after?.meanInterval === undefined) {
    return "cannot be compared";
  }
  if (isSlower(before, after)) return "slower";
  if (isSlower(after, before)) return "faster";
  return isDisturbed(before.disturbance) || isDisturbed(after.disturbance)
    ? "within chance or noise"
    : "within chance";
}

function isSlower(one: QuorumAnalysis, other: QuorumAnalysis): boolean {
  const [earlier, later] = [trusted(one.meanInterval, one), trusted(other.meanInterval, other)];
  if (earlier === undefined || later === undefined) return false;
  // Intervals that overlap leave the change to chance.
  const interval = {
    lowMs: later.lowMs - earlier.highMs,
    highMs: later.highMs - earlier.lowMs,
  };
  return judge({ interval, raisedMs: raisedMs(other.disturbance), loweredMs: 0 }) === "failed";
}

/** How far followers were from the leader at both moments of comparison, by quorum. */
export const storesTable = ({ quorums }: Analysis): Table => [
  [
    "quorum",
    "right after the last answer",
    "after convergence",
    "converged after (worst follower)",
  ],
  ...quorums.map(({ quorum, answered, settled, convergence }) => [
    String(quorum),
    differencesText(answered),
    differencesText(settled),
    convergenceText(convergence),
  ]),
];

function differencesText(found: Differences | null): string {
  if (found === null) return "not compared";
  const classes = (["missing", "stale", "diverged", "extra"] as const)
    .filter((name) => found[name] > 0)
    .map((name) => `${found[name]} ${name}`);
  if (found.uncompared > 0) classes.push(`${found.uncompared} not comparable`);
  if (classes.length === 0) return "all equal";
  return `${classes.join(", ")} (${found.followers.join(", ")})`;
}

function convergenceText(convergence: QuorumAnalysis["convergence"]): string {
  if (convergence === null) return "not measured";
  const late = convergence.late === 0 ? "" : `; ${convergence.late} not in time`;
  return `${ms(convergence.maxMs)} ms${late}`;
}

/** Codes of writes without success, with how often each came. */
export function errorsTable({ passes }: Results): Table | undefined {
  const counts = new Map<string, number>();
  for (const { quorum, failures } of passes) {
    for (const { code, outcome, status } of failures) {
      const name = [String(quorum), code, outcome, String(status ?? "no answer")].join("\t");
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  if (counts.size === 0) return undefined;
  const rows = [...counts].map(([name, count]) => [...name.split("\t"), String(count)]);
  return [["quorum", "code", "outcome", "HTTP status", "writes"], ...rows];
}
