/** A uPlot chart that follows its panel's width, the theme, and new data. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { useWidth } from "../lib/throttled.ts";
import { axisDuration, count } from "../lib/units.ts";
import { schemeInForce } from "../state/preferences.ts";

export interface PlotProps {
  /** Changes of it build the chart anew. */
  readonly shape: string;
  /** Colours of the theme in force, by custom property. */
  readonly options: (
    colour: (property: string) => string,
  ) => Omit<uPlot.Options, "width" | "height">;
  readonly data: uPlot.AlignedData;
  readonly height: number;
  /** What the chart shows, in one sentence. */
  readonly label: string;
}

/** Reads a colour as the style sheet resolves it; a canvas knows no custom properties. */
function colourReader(element: HTMLElement): (property: string) => string {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  return (property) => {
    probe.style.setProperty("color", `var(${property})`);
    return getComputedStyle(probe).color;
  };
}

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

/** Axes alike in every chart: seconds before now below, a unit on the left. */
export function axes(colour: (property: string) => string, unit: string): uPlot.Axis[] {
  const common = {
    stroke: colour("--ink-dim"),
    font: '11px ui-sans-serif, system-ui, "Segoe UI", sans-serif',
    grid: { stroke: colour("--line-faint"), width: 1 },
    ticks: { show: false },
  };
  return [
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
  ];
}
