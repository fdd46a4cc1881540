/** The figure of what a reader at a follower sees, and how soon. */
import { ecdf } from "../../statistics/index.ts";
import { common, type Figure, height, quorumScale, type Source, thinned, width } from "./figure.ts";

/** How soon after its answer a write is seen by a reader at a follower. */
export function freshnessFigure(source: Source): Figure | undefined {
  const curves = source.analysis.quorums.flatMap(({ quorum }) => {
    const reads = source.results.passes
      .filter((pass) => pass.quorum === quorum)
      .flatMap(({ freshness }) => freshness);
    const behind = reads.map(({ fresh, behindMs }) =>
      fresh ? 0 : (behindMs ?? Number.POSITIVE_INFINITY),
    );
    const steps = ecdf(behind).filter(({ atMs }) => Number.isFinite(atMs));
    return thinned(steps, 500).map((step) => ({ quorum, ...step }));
  });
  if (curves.length === 0) return undefined;
  const shares = source.analysis.quorums.flatMap(({ quorum, freshness }) =>
    freshness === null ? [] : [`${Math.round(100 * freshness.freshShare)} % at quorum ${quorum}`],
  );
  return {
    name: "freshness",
    title: "How fresh a follower's read is",
    caption:
      "Right after the leader's answer one follower, in turn, is asked for the key. The curve shows " +
      "which share of those reads shows the write within a time of the answer; where it begins is " +
      `the share that is fresh at once (${shares.join(", ")}). A reader who cannot wait sends ` +
      "minVersion, or reads at the leader.",
    spec: {
      ...common,
      width,
      height: height - 40,
      data: { values: curves },
      mark: { type: "line", interpolate: "step-after", strokeWidth: 2 },
      encoding: {
        x: { field: "atMs", type: "quantitative", title: "ms after the answer" },
        y: {
          field: "share",
          type: "quantitative",
          title: "share of reads that show the write",
          axis: { format: "%" },
          scale: { domain: [0, 1] },
        },
        color: {
          field: "quorum",
          type: "ordinal",
          scale: quorumScale(source),
          title: "write quorum",
        },
      },
    },
  };
}
