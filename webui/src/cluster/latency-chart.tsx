/** How long writes took, beside what theory says they should take. */
import { useRef } from "preact/hooks";
import type uPlot from "uplot";
import { robustTop } from "../lib/scale.ts";
import { predict } from "../lib/theory.ts";
import { useThrottled } from "../lib/throttled.ts";
import { count, duration, plural, timeOfDay } from "../lib/units.ts";
import {
  config,
  connection,
  followers,
  leaderNow,
  model,
  quorumInForce,
  tick,
} from "../state/live.ts";
import type { WriteTrace } from "../state/traces.ts";
import { Blank, Panel } from "../ui/panel.tsx";
import { axes, Plot } from "./plot.tsx";

const shownMs = 60_000;

interface Shown {
  readonly data: uPlot.AlignedData;
  readonly writes: readonly WriteTrace[];
  /** Top of the axis; what lies above is drawn at its edge. */
  readonly topMs: number;
  readonly aboveMs: readonly number[];
}

export function LatencyChart() {
  useThrottled(tick, 5);
  const theory = theoryInForce();
  const shown = collect(theory);
  const last = shown.writes.at(-1);
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
        <Blank>No answered writes in the last minute.</Blank>
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

function theoryInForce() {
  const settings = config.value;
  const quorum = quorumInForce.value;
  // Of settings that nobody can confirm no theory follows.
  if (settings === undefined || quorum === undefined || connection.value === "leader down") {
    return undefined;
  }
  const live = followers.value.filter(({ state }) => state === "live").map(({ id }) => id);
  return predict(settings, live, quorum);
}

type Theory = ReturnType<typeof theoryInForce>;

function theoryInWords(theory: Theory): string {
  if (theory === undefined && connection.value === "leader down") {
    return "Points are writes; no theory while the leader does not answer";
  }
  if (theory === undefined) return "Points are writes; no theory while the quorum is out of reach";
  if (theory.highestMs === 0) return "Points are writes; without delays, theory says 0 ms";
  return `Theory for quorum ${theory.quorum}: mean ${duration(theory.meanMs)}, nine of ten in ${duration(theory.p5Ms)} to ${duration(theory.p95Ms)}`;
}

/** Where, in terms of the axis's top, what lies above it is drawn. */
const edge = 1.06;

/** x: seconds before now. Columns: writes, p50, p95, theory mean, p95 and p5, writes above. */
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
  const times = all.flatMap(({ ms, p95 }) => ms ?? (ms === null ? p95 : null) ?? []);
  const topMs = robustTop(times, Math.max(theory?.p95Ms ?? 0, 1));
  const isAbove = (ms: number | null): ms is number => ms !== null && ms > topMs;
  return {
    writes,
    topMs,
    aboveMs: times.filter(isAbove),
    data: [
      rows.map(({ at }) => (at - now) / 1000),
      rows.map(({ ms }) => (isAbove(ms) ? null : ms)),
      rows.map(({ p50 }) => p50),
      rows.map(({ p95 }) => p95),
      level(theory?.meanMs),
      level(theory?.p95Ms),
      level(theory?.p5Ms),
      rows.map(({ ms }) => (isAbove(ms) ? topMs * edge : null)),
    ],
  };
}

function latencyOptions(colour: (property: string) => string, top: { readonly current: number }) {
  const band = colour("--theory");
  return {
    legend: { show: false },
    cursor: { show: false },
    padding: [10, 12, 0, 0] as [number, number, number, number],
    scales: {
      x: { time: false, range: [-shownMs / 1000, 0] as [number, number] },
      y: { range: () => [0, top.current * 1.12] as [number, number] },
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
      {
        label: "above",
        paths: () => null,
        points: { show: true, size: 8, width: 2, stroke: colour("--warning"), fill: "transparent" },
      },
    ],
  };
}

const line = (look: uPlot.Series): uPlot.Series => ({
  ...look,
  spanGaps: true,
  points: { show: false },
});

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
