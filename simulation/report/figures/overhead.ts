/** The figure of what the store itself adds to the delay of the network. */
import { overheadOf } from "../../analysis/per-quorum.ts";
import { overheadLimitMs } from "../../analysis/verdicts.ts";
import { quantile } from "../../statistics/index.ts";
import {
  common,
  type Figure,
  jitter,
  meanMark,
  type Source,
  thinned,
  thinnedNote,
  width,
} from "./figure.ts";
import { palette } from "./palette.ts";

/** The store's own cost per quorum: what is left of the latency without the simulated delay. */
export function overheadFigure({ results, analysis }: Source): Figure | undefined {
  const all = results.passes.flatMap(({ quorum, samples }) =>
    samples.map((sample, index) => ({
      at: quorum + 0.5 * jitter(index),
      overheadMs: overheadOf(sample, quorum),
    })),
  );
  if (all.length === 0) return undefined;
  const means = analysis.quorums.flatMap(({ quorum, overhead, overheadInterval: interval }) =>
    overhead === undefined
      ? []
      : [
          {
            quorum,
            meanMs: overhead.meanMs,
            lowMs: interval?.lowMs ?? overhead.meanMs,
            highMs: interval?.highMs ?? overhead.meanMs,
            label: overhead.meanMs.toFixed(2),
          },
        ],
  );
  const overheads = all.map(({ overheadMs }) => overheadMs);
  const top = Math.max(overheadLimitMs * 1.3, 1.15 * quantile(overheads, 0.995));
  const above = overheads.filter((overheadMs) => overheadMs > top).length;
  const shown = thinned(all.filter(({ overheadMs }) => overheadMs <= top));
  const quorums = analysis.quorums.map(({ quorum }) => quorum);
  const ends: number[] = [Math.min(...quorums) - 0.55, Math.max(...quorums) + 0.55];
  const costs: number[] = [Math.min(0, ...overheads), top];
  const x = {
    type: "quantitative",
    scale: { domain: ends, nice: false, zero: false },
    axis: { values: quorums, format: "d", title: "write quorum" },
  } as const;
  const y = {
    type: "quantitative",
    scale: { domain: costs, nice: false },
  } as const;
  return {
    name: "overhead",
    title: "The store's own cost",
    caption:
      "Latency less the k-th smallest delay that really elapsed: HTTP, two flushes, gRPC and " +
      `waiting for the processor. The diamond is the mean; it should stay below ${overheadLimitMs} ms.` +
      (above > 0 ? ` ${above} of ${all.length} writes lie above the frame.` : "") +
      thinnedNote(all.length),
    spec: {
      ...common,
      width,
      height: 240,
      layer: [
        {
          data: { values: shown },
          mark: { type: "circle", color: palette.points.light, opacity: 0.75, size: 16 },
          encoding: {
            x: { field: "at", ...x },
            y: { field: "overheadMs", ...y, title: "own cost in ms", axis: {} },
          },
        },
        {
          data: {
            values: [
              { limitMs: overheadLimitMs, label: `limit of the mean: ${overheadLimitMs} ms` },
            ],
          },
          layer: [
            {
              mark: { type: "rule", color: palette.limit.light, strokeDash: [6, 4] },
              encoding: { y: { field: "limitMs", ...y } },
            },
            {
              mark: {
                type: "text",
                align: "right",
                dy: -8,
                x: "width",
                color: palette.limit.light,
              },
              encoding: { y: { field: "limitMs", ...y }, text: { field: "label" } },
            },
          ],
        },
        {
          data: { values: means },
          layer: [
            {
              mark: { type: "rule", color: palette.measured.light, strokeWidth: 2.5 },
              encoding: {
                x: { field: "quorum", ...x },
                y: { field: "lowMs", ...y },
                y2: { field: "highMs" },
              },
            },
            {
              mark: meanMark,
              encoding: { x: { field: "quorum", ...x }, y: { field: "meanMs", ...y } },
            },
            {
              mark: {
                type: "text",
                align: "left",
                dx: 11,
                dy: -9,
                fontWeight: 600,
                color: palette.measured.light,
              },
              encoding: {
                x: { field: "quorum", ...x },
                y: { field: "meanMs", ...y },
                text: { field: "label" },
              },
            },
          ],
        },
      ],
    },
  };
}
