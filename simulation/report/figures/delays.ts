/** The figure that shows whether the simulated network was the one that was asked for. */
import type { DelayRange } from "../../theory/index.ts";
import { common, type Figure, type Source, width } from "./figure.ts";
import { followerShades, palette, shadeAt } from "./palette.ts";

const bins = 10;

/** The delays that really elapsed, per follower, against the range that was configured. */
export function delaysFigure({ results }: Source): Figure | undefined {
  // Only writes with all their acks: the fastest acks alone would look too fast.
  const acks = results.passes.flatMap(({ timelines }) => timelines.flatMap((one) => one.acks));
  if (acks.length === 0) return undefined;
  const panels = results.followers.map(({ id, delay }, index) => {
    const elapsed = acks.filter(({ node }) => node === id).map(({ delayMs }) => delayMs);
    return { id, delay, index, ...histogram(elapsed, delay) };
  });
  const highest = Math.max(...panels.flatMap(({ bars }) => bars.map(({ share }) => share)));
  const shares: number[] = [0, Math.max(0.2, highest * 1.1)];
  const y = {
    type: "quantitative",
    scale: { domain: shares },
  } as const;
  return {
    name: "delays",
    title: "Delays that elapsed, against delays configured",
    caption:
      "How long entries were really held back on the way to each follower, in ten equal parts of " +
      "the configured range. Uniform delays fill all parts alike: bars should level out at the dashed " +
      "line. Only writes whose acks all arrived are counted, since the fastest acks alone would look " +
      "too fast.",
    spec: {
      ...common,
      data: { values: [] },
      spacing: 18,
      hconcat: panels.map(({ id, index, bars, expected }) => ({
        width: Math.floor(width / panels.length) - 24,
        height: 140,
        layer: [
          {
            data: { values: bars },
            mark: { type: "bar", color: shadeAt(followerShades, index).light, opacity: 0.85 },
            encoding: {
              x: {
                field: "fromMs",
                type: "quantitative",
                bin: { binned: true },
                title: `${id}, ms`,
                axis: { tickCount: 3, format: "d" },
              },
              x2: { field: "toMs" },
              y: {
                field: "share",
                ...y,
                axis: { format: "%", tickCount: 3, labels: index === 0 },
                title: index === 0 ? "share of entries" : null,
              },
            },
          },
          {
            data: { values: [{ expected }] },
            mark: {
              type: "rule",
              color: palette.theory.light,
              strokeDash: [4, 3],
              strokeWidth: 1.5,
            },
            encoding: { y: { field: "expected", ...y } },
          },
        ],
      })),
    } as Figure["spec"],
  };
}

/** A fixed delay gets one bar of the millisecond in which timers fire. */
function histogram(elapsed: readonly number[], { minDelayMs, maxDelayMs }: DelayRange) {
  const span = maxDelayMs - minDelayMs;
  const count = span > 0 ? bins : 1;
  const step = span > 0 ? span / bins : 1;
  const bars = Array.from({ length: count }, (_, index) => ({
    fromMs: minDelayMs + index * step,
    toMs: minDelayMs + (index + 1) * step,
    share: 0,
  }));
  for (const delayMs of elapsed) {
    const place = Math.floor((delayMs - minDelayMs) / step);
    const bar = bars[Math.min(count - 1, Math.max(0, place))];
    if (bar !== undefined) bar.share += 1 / elapsed.length;
  }
  return { bars, expected: 1 / count };
}
