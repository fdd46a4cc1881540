/** uPlot charts over time that follow their panel's width, the theme, and new data. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { useWidth } from "../lib/hooks.ts";
import { axisDuration, count } from "../lib/units.ts";
import { schemeInForce } from "../state/preferences.ts";

/** A colour of the theme in force, by its custom property. */
export type ColourOf = (property: string) => string;

export type ChartOptions = Omit<uPlot.Options, "width" | "height">;

interface PlotProps {
  /** A change of it builds the chart anew; new options alone do not. */
  readonly shape: string;
  readonly options: (colour: ColourOf) => ChartOptions;
  readonly data: uPlot.AlignedData;
  /** In px. */
  readonly height: number;
  /** What the chart shows, in one sentence, for those who cannot see it. */
  readonly label: string;
}

/** Reads colours as the style sheet resolves them: a canvas knows no custom properties. */
function colourReader(element: HTMLElement): ColourOf {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  return (property) => {
    probe.style.setProperty("color", `var(${property})`);
    return getComputedStyle(probe).color;
  };
}

/** The chart is built once its panel has a width; then data and size change in place. */
export function Plot({ shape, options, data, height, label }: PlotProps) {
  const [width, measure] = useWidth<HTMLDivElement>();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const scheme = schemeInForce.value;
  const latest = useRef({ options, data });
  latest.current = { options, data };
  const ready = width > 0;
  useEffect(() => {
    const element = place.current;
    if (element === null || !ready) return;
    const colour = colourReader(element);
    const made = latest.current.options(colour);
    chart.current = new uPlot({ ...made, width, height }, latest.current.data, element);
    return () => {
      chart.current?.destroy();
      element.replaceChildren();
    };
  }, [shape, scheme, ready]);
  useEffect(() => {
    if (ready) chart.current?.setSize({ width, height });
  }, [width, height, ready]);
  useEffect(() => {
    chart.current?.setData(data);
  }, [data]);
  return (
    <div ref={measure} class="plot">
      <div ref={place} role="img" aria-label={label} />
    </div>
  );
}

interface ChartProps {
  /** Width of the time axis. */
  readonly shownMs: number;
  /** Of the values: "ms", or "" for numbers without a unit. */
  readonly unit: string;
  /** The ends of the value axis, from the highest value drawn. */
  readonly yRange: (top: number) => [low: number, high: number];
}

/** What all charts over time have in common: seconds before now below, the unit at the left. */
export function chartOf(colour: ColourOf, { shownMs, unit, yRange }: ChartProps) {
  const common = {
    stroke: colour("--ink-dim"),
    font: '11px ui-sans-serif, system-ui, "Segoe UI", sans-serif',
    grid: { stroke: colour("--line-faint"), width: 1 },
    ticks: { show: false },
  };
  return {
    legend: { show: false },
    cursor: { show: false },
    padding: [10, 12, 0, 0],
    scales: {
      x: { time: false, range: [-shownMs / 1000, 0] },
      y: { range: (_, __, top) => yRange(top) },
    },
    axes: [
      {
        ...common,
        size: 30,
        gap: 9,
        values: (_, splits) => splits.map((at) => (at === 0 ? "now" : `${at} s`)),
      },
      {
        ...common,
        size: 62,
        values: (_, splits) =>
          splits.map((value) => (unit === "ms" ? axisDuration(value) : `${count(value)} ${unit}`)),
      },
    ],
  } satisfies Partial<ChartOptions>;
}

/** A line that goes on where a column has no value. */
export const line = (look: uPlot.Series): uPlot.Series => ({
  ...look,
  spanGaps: true,
  points: { show: false },
});
