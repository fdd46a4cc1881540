/** How long writes took, beside what theory says they should take. */
import type uPlot from "uplot";
import { predict } from "../lib/theory.ts";
import { useThrottled } from "../lib/throttled.ts";
import { count, duration, timeOfDay } from "../lib/units.ts";
import { config, followers, leaderNow, model, quorumInForce, tick } from "../state/live.ts";
import type { WriteTrace } from "../state/traces.ts";
import { Blank, Panel } from "../ui/panel.tsx";
import { axes, Plot } from "./plot.tsx";

const shownMs = 60_000;

interface Shown {
  readonly data: uPlot.AlignedData;
  readonly writes: readonly WriteTrace[];
  readonly topMs: number;
}

export function LatencyChart() {
  useThrottled(tick, 5);
  const theory = theoryInForce();
  const shown = collect(theory);
  const last = shown.writes.at(-1);
  return (
    <Panel
      title="Latency"
      hint={theoryInWords(theory)}
      class="latency"
      table={() => <LatencyTable writes={[...shown.writes].reverse().slice(0, 100)} />}
    >
      {last === undefined && model.rates.length === 0 ? (
        <Blank>No answered writes in the last minute.</Blank>
      ) : (
        <>
          <Legend />
          <Plot
            shape="latency"
            height={230}
            data={shown.data}
            options={(colour) => latencyOptions(colour)}
            label={`Latency of ${shown.writes.length} writes in the last minute${
              last?.runningP50Ms === undefined ? "" : `, median ${duration(last.runningP50Ms)}`
            }`}
          />
        </>
      )}
    </Panel>
  );
}

function theoryInForce() {
  const settings = config.value;
  const quorum = quorumInForce.value;
  if (settings === undefined || quorum === undefined) return undefined;
  const live = followers.value.filter(({ state }) => state === "live").map(({ id }) => id);
  return predict(settings, live, quorum);
}

type Theory = ReturnType<typeof theoryInForce>;

function theoryInWords(theory: Theory): string {
  if (theory === undefined) return "Points are writes; no theory while the quorum is out of reach";
  if (theory.highestMs === 0) return "Points are writes; without delays, theory says 0 ms";
  return `Theory for quorum ${theory.quorum}: mean ${duration(theory.meanMs)}, nine of ten in ${duration(theory.p5Ms)} to ${duration(theory.p95Ms)}`;
}

/** x: seconds before now. Columns: writes, p50, p95, theory mean, p95 and p5. */
function collect(theory: Theory): Shown {
  const now = leaderNow();
  const writes = [...model.traces.ring].filter(
    ({ at, latencyMs }) => latencyMs !== undefined && now - at < shownMs,
  );
  const points = writes.map((trace) => ({
    at: trace.at + (trace.latencyMs ?? 0),
    ms: trace.latencyMs ?? null,
    p50: trace.runningP50Ms ?? null,
    p95: trace.runningP95Ms ?? null,
  }));
  // Where a second held too many writes to show, its own figures stand for them.
  const seconds = [...model.rates]
    .filter(({ at, unshown }) => unshown > 0 && now - at < shownMs)
    .map(({ at, p50, p95 }) => ({ at, ms: null, p50, p95 }));
  const all = [...points, ...seconds].sort((a, b) => a.at - b.at);
  const ends = [now - shownMs, now].map((at) => ({ at, ms: null, p50: null, p95: null }));
  const [first, last] = ends;
  const rows = first === undefined || last === undefined ? all : [first, ...all, last];
  const level = (value: number | undefined) => rows.map(() => value ?? null);
  const topMs = Math.max(theory?.p95Ms ?? 0, ...writes.map(({ latencyMs }) => latencyMs ?? 0), 1);
  return {
    writes,
    topMs,
    data: [
      rows.map(({ at }) => (at - now) / 1000),
      rows.map(({ ms }) => ms),
      rows.map(({ p50 }) => p50),
      rows.map(({ p95 }) => p95),
      level(theory?.meanMs),
      level(theory?.p95Ms),
      level(theory?.p5Ms),
    ],
  };
}

function latencyOptions(colour: (property: string) => string) {
  const band = colour("--theory");
  return {
    legend: { show: false },
    cursor: { show: false },
    padding: [10, 12, 0, 0] as [number, number, number, number],
    scales: {
      x: { time: false, range: [-shownMs / 1000, 0] as [number, number] },
      y: { range: (_: uPlot, __: number, top: number) => [0, top * 1.12] as [number, number] },
    },
    axes: axes(colour, "ms"),
    bands: [{ series: [5, 6] as [number, number], fill: colour("--theory-band") }],
    series: [
      {},
      {
        label: "write",
        paths: () => null,
        points: { show: true, size: 5, width: 0, fill: colour("--point") },
      },
      line({ label: "p50", stroke: colour("--ink"), width: 1.75 }),
      line({ label: "p95", stroke: colour("--ink"), width: 1.25, dash: [4, 3] }),
      line({ label: "theory mean", stroke: band, width: 2 }),
      line({ label: "theory p95", stroke: band, width: 1, dash: [2, 4] }),
      line({ label: "theory p5", stroke: band, width: 1, dash: [2, 4] }),
    ],
  };
}

const line = (look: uPlot.Series): uPlot.Series => ({
  ...look,
  spanGaps: true,
  points: { show: false },
});

function Legend() {
  return (
    <ul class="legend">
      <li class="key-point">write</li>
      <li class="key-line">median of 50</li>
      <li class="key-dash">95th percentile</li>
      <li class="key-theory">theory: mean, band p5–p95</li>
    </ul>
  );
}

function LatencyTable({ writes }: { readonly writes: readonly WriteTrace[] }) {
  const optional = (ms: number | undefined) => (ms === undefined ? "–" : duration(ms));
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Asked at</th>
          <th scope="col">Version</th>
          <th scope="col">Quorum</th>
          <th scope="col">Latency</th>
          <th scope="col">Running p50</th>
          <th scope="col">Running p95</th>
        </tr>
      </thead>
      <tbody>
        {writes.map((trace) => (
          <tr key={`${trace.sequence} ${trace.at}`}>
            <td class="number">{timeOfDay(trace.at)}</td>
            <td class="number">{count(trace.sequence)}</td>
            <td class="number">{trace.quorum}</td>
            <td class="number">{optional(trace.latencyMs)}</td>
            <td class="number">{optional(trace.runningP50Ms)}</td>
            <td class="number">{optional(trace.runningP95Ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
