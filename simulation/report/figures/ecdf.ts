/**
 * The figure of whole distributions: a mean can be right by accident, a distribution hardly.
 */
import { modelOf } from "../../analysis/per-quorum.ts";
import { ecdf } from "../../statistics/index.ts";
import { settleCdf } from "../../theory/index.ts";
import { common, type Figure, height, quorumScale, type Source, thinned, width } from "./figure.ts";

/** The whole distribution per quorum, measured and in theory. */
export function ecdfFigure(source: Source): Figure | undefined {
  const measured = source.analysis.quorums.flatMap(({ quorum }) => {
    const passes = source.results.passes.filter((pass) => pass.quorum === quorum);
    const latencies = passes.flatMap(({ samples }) => samples.map(({ latencyMs }) => latencyMs));
    return thinned(ecdf(latencies), 500).map((step) => ({ quorum, ...step }));
  });
  if (measured.length === 0) return undefined;
  const highestMs = Math.max(...measured.map(({ atMs }) => atMs));
  const color = {
    field: "quorum",
    type: "ordinal",
    scale: quorumScale(source),
    title: "write quorum",
  } as const;
  const x = { field: "atMs", type: "quantitative", title: "latency in ms" } as const;
  const y = {
    field: "share",
    type: "quantitative",
    title: "share of writes answered by then",
    axis: { format: "%" },
  } as const;
  return {
    name: "ecdf",
    title: "Distribution of latencies",
    caption:
      "Steps are the measured share of writes answered within a time, one colour per quorum; the " +
      "dashed curve beside each is the theory. Steps that hug their curve show that not only the " +
      "mean but the whole distribution is what independent delays predict.",
    spec: {
      ...common,
      width,
      height,
      layer: [
        {
          data: { values: measured },
          mark: { type: "line", interpolate: "step-after", strokeWidth: 2 },
          encoding: { x, y, color },
        },
        {
          data: { values: theoryCurves(source, highestMs) },
          mark: { type: "line", strokeDash: [4, 3], strokeWidth: 1.25, opacity: 0.9 },
          encoding: { x, y, color },
        },
      ],
    },
  };
}

const pointsMax = 80;

const theoryCurves = ({ results, analysis }: Source, highestMs: number) =>
  analysis.quorums.flatMap(({ quorum }) =>
    Array.from({ length: pointsMax + 1 }, (_, index) => {
      const atMs = (highestMs * index) / pointsMax;
      return { quorum, atMs, share: settleCdf(modelOf(results, quorum), atMs) };
    }),
  );
