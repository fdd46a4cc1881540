/** The figure of how soon stores are equal after the last answer. */
import { common, type Figure, jitter, type Source, width } from "./figure.ts";
import { followerShades, shadeAt } from "./palette.ts";

/** How long after the last answer each follower's store equalled the leader's. */
export function convergenceFigure({ results, analysis }: Source): Figure | undefined {
  const ids = results.followers.map(({ id }) => id);
  const points = results.passes.flatMap(({ quorum, convergence }) =>
    convergence.flatMap(({ node, ms }) =>
      ms === null ? [] : [{ at: quorum + 0.5 * jitter(ids.indexOf(node) + 1), node, ms }],
    ),
  );
  if (points.length === 0) return undefined;
  const quorums = analysis.quorums.map(({ quorum }) => quorum);
  return {
    name: "convergence",
    title: "Convergence after the last answer",
    caption:
      "Each dot is one follower after one pass: how long until its store equalled the leader's. At a " +
      "quorum of all followers nothing is left to wait for but the last commit notice.",
    spec: {
      ...common,
      width,
      height: 220,
      data: { values: points },
      mark: { type: "circle", size: 70, opacity: 0.9 },
      encoding: {
        x: {
          field: "at",
          type: "quantitative",
          scale: {
            domain: [Math.min(...quorums) - 0.55, Math.max(...quorums) + 0.55],
            nice: false,
            zero: false,
          },
          axis: { values: quorums, format: "d", title: "write quorum" },
        },
        y: { field: "ms", type: "quantitative", title: "ms until equal" },
        color: {
          field: "node",
          type: "nominal",
          scale: {
            domain: ids,
            range: ids.map((_, index) => shadeAt(followerShades, index).light),
          },
          title: null,
        },
      },
    },
  };
}
