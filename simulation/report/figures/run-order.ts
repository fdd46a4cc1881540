/**
 * The figure that would show a warm-up that was too short, or a machine that changed during
 * the run.
 */
import {
  common,
  type Figure,
  quorumScale,
  type Source,
  thinned,
  thinnedNote,
  width,
} from "./figure.ts";
import { palette } from "./palette.ts";

/** Every write in the order of the run: drifts, warm-up and slow moments would show here. */
export function runOrderFigure(source: Source): Figure | undefined {
  const { results, analysis } = source;
  let before = 0;
  const writes: { order: number; latencyMs: number; quorum: number }[] = [];
  const levels: { from: number; to: number; meanMs: number }[] = [];
  for (const { quorum, samples } of results.passes) {
    const sorted = samples.toSorted(
      (a, b) => a.startedAtMs + a.latencyMs - (b.startedAtMs + b.latencyMs),
    );
    for (const [index, { latencyMs }] of sorted.entries()) {
      writes.push({ order: before + index + 1, latencyMs, quorum });
    }
    const theory = analysis.quorums.find((one) => one.quorum === quorum)?.theory;
    const to = before + samples.length;
    if (theory !== undefined && to > before)
      levels.push({ from: before, to, meanMs: theory.meanMs });
    before = to;
  }
  if (writes.length === 0) return undefined;
  const y = { type: "quantitative", title: "latency in ms" } as const;
  return {
    name: "run-order",
    title: "Latency in run order",
    caption:
      "Every write in the order of its answer, coloured by quorum, with the theoretical mean of each " +
      "pass as a dashed line. Points should scatter evenly round it: a slope or a cluster of high " +
      `points means that something changed during the run.${thinnedNote(writes.length)}`,
    spec: {
      ...common,
      width,
      height: 240,
      layer: [
        {
          data: { values: thinned(writes) },
          mark: { type: "circle", size: 18, opacity: 0.85 },
          encoding: {
            x: {
              field: "order",
              type: "quantitative",
              title: "write, in order of its answer",
              scale: { domain: [0, writes.length], nice: false },
            },
            y: { field: "latencyMs", ...y },
            color: {
              field: "quorum",
              type: "ordinal",
              scale: quorumScale(source),
              title: "write quorum",
            },
          },
        },
        {
          data: { values: levels },
          mark: { type: "rule", color: palette.theory.light, strokeWidth: 2, strokeDash: [6, 4] },
          encoding: {
            x: { field: "from", type: "quantitative" },
            x2: { field: "to" },
            y: { field: "meanMs", ...y },
          },
        },
      ],
    },
  };
}
