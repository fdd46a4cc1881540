/** The sweep in a terminal: a bar per quorum, and a mark where theory stands. */
import type { Analysis } from "../analysis/analyse.ts";
import { verdictOnQuorum } from "../analysis/analyse.ts";
import type { VerdictState } from "../analysis/noise.ts";
import type { Ink, Paint } from "./paint.ts";

const barWidth = 50;
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A line for each quorum, as wide as its mean, and a legend. */
export function chartOf({ analysis, paint }: { analysis: Analysis; paint: Paint }): string {
  const highest = Math.max(
    1e-9,
    ...analysis.quorums.map(({ latency, theory }) => Math.max(latency?.meanMs ?? 0, theory.meanMs)),
  );
  const rows = analysis.quorums.map((one) => {
    const { quorum, latency, theory } = one;
    const bar = barOf(latency?.meanMs ?? 0, theory.meanMs, { highest, paint });
    const figures =
      latency === undefined
        ? "nothing measured"
        : `${latency.meanMs.toFixed(1).padStart(7)} ms  theory ${theory.meanMs.toFixed(1).padStart(6)}`;
    const state = verdictOnQuorum(analysis, quorum);
    return `  quorum ${quorum}  ${bar}  ${figures}  ${paint(inks[state], symbols[state])}`;
  });
  const legend = `            ${paint("blue", "█")} mean latency   ${paint("yellow", "│")} theory`;
  return [...rows, paint("dim", legend)].join("\n");
}

/** The colour of each verdict. */
export const inks: Readonly<Record<VerdictState, Ink>> = {
  passed: "green",
  failed: "red",
  inconclusive: "yellow",
};
/** The sign of each verdict, for those who see no colour. */
export const symbols: Readonly<Record<VerdictState, string>> = {
  passed: "✓",
  failed: "✗",
  inconclusive: "?",
};

function barOf(
  valueMs: number,
  theoryMs: number,
  { highest, paint }: { highest: number; paint: Paint },
): string {
  const length = (valueMs / highest) * (barWidth - 1);
  const whole = Math.floor(length);
  const rest = eighths[Math.floor((length - whole) * 8)] ?? "";
  const cells = Array.from(`${"█".repeat(whole)}${rest}`.padEnd(barWidth, " "));
  const mark = Math.min(barWidth - 1, Math.round((theoryMs / highest) * (barWidth - 1)));
  const before = cells.slice(0, mark).join("");
  const after = cells.slice(mark + 1).join("");
  return paint("blue", before) + paint("yellow", "│") + paint("blue", after);
}
