/** The main figure: what each further ack costs, beside what theory says it should. */
import {
  common,
  type Figure,
  height,
  jitter,
  meanMark,
  type Source,
  thinned,
  thinnedNote,
  width,
} from "./figure.ts";
import { palette } from "./palette.ts";

/** Latency against the write quorum: every write, the mean, and where theory puts both. */
export function latencyFigure({ results, analysis }: Source): Figure | undefined {
  const measured = analysis.quorums.filter(({ latency }) => latency !== undefined);
  if (measured.length === 0) return undefined;
  const writes = results.passes.flatMap(({ quorum, samples }) =>
    samples.map(({ latencyMs }, index) => ({ at: quorum + 0.34 * jitter(index), latencyMs })),
  );
  const theory = analysis.quorums.map(({ quorum, theory: { meanMs, p5Ms, p95Ms } }) => ({
    quorum,
    from: quorum - 0.34,
    to: quorum + 0.34,
    meanMs,
    p5Ms,
    p95Ms,
  }));
  const means = measured.map(({ quorum, latency, meanInterval }) => ({
    quorum,
    meanMs: latency?.meanMs,
    lowMs: meanInterval?.lowMs ?? latency?.meanMs,
    highMs: meanInterval?.highMs ?? latency?.meanMs,
    beside: quorum + 0.36,
    label: `${latency?.meanMs.toFixed((latency?.meanMs ?? 0) < 100 ? 1 : 0)} ms`,
  }));
  const quorums = analysis.quorums.map(({ quorum }) => quorum);
  const ends = [Math.min(...quorums) - 0.55, Math.max(...quorums) + 0.55];
  const x = {
    type: "quantitative",
    scale: { domain: ends, nice: false, zero: false },
    axis: { values: quorums, format: "d", title: "write quorum (follower acks waited for)" },
  } as const;
  return {
    name: "latency-vs-quorum",
    title: "Latency against the write quorum",
    caption:
      "Each dot is one write. The shaded box holds nine of ten writes in theory (5 to 95 %), the " +
      "orange line its mean. The blue diamond is the measured mean with its 95 % bootstrap " +
      `interval: it should sit on the orange line.${thinnedNote(writes.length)}`,
    spec: {
      ...common,
      width,
      height: height + 40,
      layer: [
        {
          data: { values: theory },
          mark: { type: "rect", color: palette.band.light, cornerRadius: 3 },
          encoding: {
            x: { field: "from", ...x },
            x2: { field: "to" },
            y: { field: "p5Ms", type: "quantitative", title: "latency in ms", axis: {} },
            y2: { field: "p95Ms" },
          },
        },
        {
          data: { values: thinned(writes) },
          mark: { type: "circle", color: palette.points.light, opacity: 0.75, size: 16 },
          encoding: { x: { field: "at", ...x }, y: { field: "latencyMs", type: "quantitative" } },
        },
        {
          data: { values: theory },
          mark: {
            type: "line",
            color: palette.theory.light,
            strokeWidth: 1,
            strokeDash: [2, 4],
            opacity: 0.7,
          },
          encoding: { x: { field: "quorum", ...x }, y: { field: "meanMs", type: "quantitative" } },
        },
        {
          data: { values: theory },
          mark: { type: "rule", color: palette.theory.light, strokeWidth: 2 },
          encoding: {
            x: { field: "from", ...x },
            x2: { field: "to" },
            y: { field: "meanMs", type: "quantitative" },
          },
        },
        {
          data: { values: means },
          mark: { type: "rule", color: palette.measured.light, strokeWidth: 2.5 },
          encoding: {
            x: { field: "quorum", ...x },
            y: { field: "lowMs", type: "quantitative" },
            y2: { field: "highMs" },
          },
        },
        {
          data: { values: means },
          mark: meanMark,
          encoding: { x: { field: "quorum", ...x }, y: { field: "meanMs", type: "quantitative" } },
        },
        {
          data: { values: means },
          mark: {
            type: "text",
            align: "left",
            dy: 1,
            fontWeight: 600,
            color: palette.measured.light,
          },
          encoding: {
            x: { field: "beside", ...x },
            y: { field: "meanMs", type: "quantitative" },
            text: { field: "label" },
          },
        },
      ],
    },
  };
}
