/** What every figure of the report is, and what they have in common. */
import type { TopLevelSpec } from "vega-lite";
import type { Analysis } from "../../analysis/analyse.ts";
import type { Results } from "../../results/schema.ts";
import { palette, quorumShades, shadeAt } from "./palette.ts";

/** One figure, not drawn yet: see `../svg.ts`. */
export interface Figure {
  /** File name without its ending. */
  readonly name: string;
  readonly title: string;
  /** How to read it. */
  readonly caption: string;
  readonly spec: TopLevelSpec;
}

/** What figures are made from. */
export interface Source {
  readonly results: Results;
  readonly analysis: Analysis;
}

/** Of every figure in pixels: the width of the report's column of text. */
export const width = 660;
/** Of a usual figure, in pixels. */
export const height = 300;

/** How a figure marks the mean of what was measured. */
export const meanMark = {
  type: "point",
  shape: "diamond",
  filled: true,
  color: palette.measured.light,
  size: 90,
  opacity: 1,
} as const;

const font = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** Set beside each spec's own parts. */
export const common = {
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  background: "transparent",
  padding: 6,
  config: {
    font,
    // One label on the whole figure says more than one on each of a thousand dots, and is shorter.
    aria: false,
    view: { stroke: null },
    axis: {
      labelColor: palette.muted.light,
      titleColor: palette.ink.light,
      gridColor: palette.grid.light,
      domainColor: palette.muted.light,
      tickColor: palette.muted.light,
      labelFontSize: 12,
      titleFontSize: 12.5,
      titleFontWeight: 500,
      titlePadding: 10,
      labelPadding: 6,
    },
    axisX: { grid: false },
    axisY: { domain: false, ticks: false },
    legend: {
      labelColor: palette.ink.light,
      titleColor: palette.muted.light,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 500,
      orient: "top",
      symbolStrokeWidth: 2.5,
    },
    header: {
      labelColor: palette.ink.light,
      titleColor: palette.muted.light,
      labelFontSize: 12,
      labelFontWeight: 500,
    },
    text: { color: palette.ink.light, fontSize: 12 },
  },
} as const satisfies Partial<TopLevelSpec>;

/** The scale that gives each quorum its step of the ramp. */
export function quorumScale({ analysis }: Source) {
  const domain = analysis.quorums.map(({ quorum }) => quorum);
  // The ramp's ends stand for one ack and for all of them.
  return { domain, range: domain.map((quorum) => shadeAt(quorumShades, quorum - 1).light) };
}

/** A fixed, even-looking sideways shift in -0.5..0.5: the same points for the same data. */
export const jitter = (index: number): number => ((index * 0.618_033_988_75) % 1) - 0.5;

/** More dots than this make a file large and a figure no clearer. */
const dotsMax = 800;

/** At most that many, evenly chosen. */
export function thinned<T>(items: readonly T[], most = dotsMax): readonly T[] {
  if (items.length <= most) return items;
  const step = items.length / most;
  return Array.from({ length: most }, (_, index) => items[Math.floor(index * step)] as T);
}

/** For a caption, where dots were left out. */
export const thinnedNote = (count: number): string =>
  count <= dotsMax ? "" : ` Of ${count} writes ${dotsMax}, evenly chosen, are drawn.`;
