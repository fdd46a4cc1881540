/**
 * The latency chart: how long each write of the last minute took, the running median and 95th
 * percentile, and beside them what theory predicts for the settings in force.
 */
import { useRef } from "preact/hooks";
import { useThrottled } from "../lib/hooks.ts";
import { count, duration, optionalDuration, plural, timeOfDay } from "../lib/units.ts";
import { tick } from "../state/live.ts";
import type { WriteTrace } from "../state/traces.ts";
import { Blank, Panel } from "../ui/panel.tsx";
import { Table } from "../ui/table.tsx";
import { collect, shownMs, theoryInForce, theoryInWords } from "./latency-series.ts";
import { type ChartOptions, type ColourOf, chartOf, line, Plot } from "./plot.tsx";

/**
 * The chart is drawn even without writes where there is a theory to show. Where the leader does not
 * answer, or the quorum is out of reach, there is none.
 */
export function LatencyChart() {
  useThrottled(tick, 5);
  const theory = theoryInForce();
  const shown = collect(theory);
  const last = shown.writes.at(-1);
  // The options of the chart are built once and read the newest top through this reference.
  const top = useRef(1);
  top.current = shown.topMs;
  return (
    <Panel
      title="Latency"
      hint={theoryInWords(theory)}
      class="latency"
      table={() => <LatencyTable writes={[...shown.writes].reverse().slice(0, 100)} />}
    >
      {last === undefined && (theory === undefined || theory.highestMs === 0) ? (
        <Blank>No settled writes in the last minute.</Blank>
      ) : (
        <>
          <Legend aboveMs={shown.aboveMs} />
          <Plot
            shape="latency"
            height={230}
            data={shown.data}
            options={(colour) => latencyOptions(colour, top)}
            label={`Latency of ${shown.writes.length} writes in the last minute${
              last?.runningP50Ms === undefined ? "" : `, median ${duration(last.runningP50Ms)}`
            }`}
          />
        </>
      )}
    </Panel>
  );
}

/**
 * The series are in the order of the columns of `collect`. `top` is read at each drawing, so that the
 * axis can grow without a new chart.
 */
function latencyOptions(colour: ColourOf, top: { readonly current: number }): ChartOptions {
  const band = colour("--theory");
  return {
    ...chartOf(colour, { shownMs, unit: "ms", yRange: () => [0, top.current * 1.12] }),
    bands: [{ series: [5, 6], fill: colour("--theory-band") }],
    series: [
      {},
      {
        // Points without a line between them.
        label: "write",
        paths: () => null,
        points: { show: true, size: 5, width: 0, fill: colour("--point") },
      },
      line({ label: "p50", stroke: colour("--ink"), width: 1.75 }),
      line({ label: "p95", stroke: colour("--ink"), width: 1.25, dash: [4, 3] }),
      line({ label: "theory mean", stroke: band, width: 2 }),
      line({ label: "theory p95", stroke: band, width: 1, dash: [2, 4] }),
      line({ label: "theory p5", stroke: band, width: 1, dash: [2, 4] }),
      {
        label: "above",
        paths: () => null,
        points: { show: true, size: 8, width: 2, stroke: colour("--warning"), fill: "transparent" },
      },
    ],
  };
}

/** Names each look; writes above the axis are counted, because a chart must not hide them. */
function Legend({ aboveMs }: { readonly aboveMs: readonly number[] }) {
  return (
    <ul class="legend">
      <li class="key-point">write</li>
      <li class="key-line">median of 50</li>
      <li class="key-dash">95th percentile</li>
      <li class="key-theory">theory: mean, band p5–p95</li>
      {aboveMs.length > 0 && (
        <li class="key-above" data-test="above">
          {plural(aboveMs.length, "write")} above, up to {duration(Math.max(...aboveMs))}
        </li>
      )}
    </ul>
  );
}

/** The same writes as rows, the newest first. */
const columns = ["Proposed at", "Version", "Quorum", "Latency", "Running p50", "Running p95"];

function LatencyTable({ writes }: { readonly writes: readonly WriteTrace[] }) {
  return (
    <Table columns={columns}>
      {writes.map((trace) => (
        <tr key={`${trace.sequence} ${trace.at}`}>
          <td class="number">{timeOfDay(trace.at)}</td>
          <td class="number">{count(trace.sequence)}</td>
          <td class="number">{trace.quorum}</td>
          <td class="number">{optionalDuration(trace.latencyMs)}</td>
          <td class="number">{optionalDuration(trace.runningP50Ms)}</td>
          <td class="number">{optionalDuration(trace.runningP95Ms)}</td>
        </tr>
      ))}
    </Table>
  );
}
