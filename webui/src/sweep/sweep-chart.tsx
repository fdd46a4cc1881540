/** The chart of a sweep, latency by quorum: writes as points, means with intervals, theory as line and band. */
import {
  equalFollowers,
  type Prediction,
  predictSettle,
} from "../../../simulation/theory/index.ts";
import type { Sweep, SweepOptions, SweepResult } from "../api/wire.ts";
import { useWidth } from "../lib/hooks.ts";
import { niceCeiling, robustTop, ticksUpTo } from "../lib/scale.ts";
import { axisDuration, duration, plural } from "../lib/units.ts";
import type { Sample } from "./sweeps.ts";

interface SweepChartProps {
  /** A run, or only the settings of one, for which theory alone is drawn. */
  readonly sweep: Pick<Sweep, "results"> & { readonly options: SweepOptions };
  readonly samples: readonly Sample[];
  /** How many there are; theory depends on it. */
  readonly followers: number;
}

/** Sizes in px. */
const height = 320;
const frame = { left: 64, right: 16, top: 14, bottom: 44 };
/** Share of a quorum's column over which its points are spread, so that they do not cover each other. */
const spread = 0.62;

/** Quorums are columns. Points above the axis are drawn at its edge and counted below the chart. */
export function SweepChart({ sweep, samples, followers }: SweepChartProps) {
  const [width, measure] = useWidth<HTMLDivElement>();
  const { quorums, minDelay, maxDelay } = sweep.options;
  const members = equalFollowers(followers, { minDelayMs: minDelay, maxDelayMs: maxDelay });
  const theory = quorums
    .filter((quorum) => quorum <= followers)
    .map((quorum) => predictSettle({ followers: members, quorum }));
  const times = samples.map(({ latencyMs }) => latencyMs);
  const leastMs = Math.max(1, maxDelay, ...sweep.results.map(({ meanMs }) => meanMs));
  const topMs = niceCeiling(robustTop(times, leastMs));
  const aboveMs = times.filter((ms) => ms > topMs);
  const column = Math.max(20, width - frame.left - frame.right) / Math.max(1, quorums.length);
  const x = (quorum: number) => frame.left + column * (quorums.indexOf(quorum) + 0.5);
  const y = (ms: number) =>
    height - frame.bottom - Math.min(1.02, ms / topMs) * (height - frame.top - frame.bottom);
  const scale = { x, y };
  return (
    <div ref={measure} class="sweep-chart">
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={inWords(sweep, theory)}>
          {ticksUpTo(topMs, 5).map((ms) => (
            <g key={ms} class="grid">
              <line x1={frame.left} x2={width - frame.right} y1={y(ms)} y2={y(ms)} />
              <text x={frame.left - 8} y={y(ms) + 4} text-anchor="end">
                {axisDuration(ms)}
              </text>
            </g>
          ))}
          <path class="theory-band" d={bandPath(theory, scale)} />
          <path class="theory-line" d={linePath(theory, scale)} />
          <path class="sample-points" d={pointsPath(samples, scale, column)} />
          {sweep.results.map((row) => (
            <g key={row.quorum} class="mean" transform={`translate(${x(row.quorum)} 0)`}>
              <path class="interval" d={intervalPath(row, y)} />
              <path d="M-7 0L0 -7L7 0L0 7z" transform={`translate(0 ${y(row.meanMs)})`} />
              {column > 90 && (
                <text x="12" y={y(row.meanMs) + 4}>
                  {duration(row.meanMs)}
                </text>
              )}
            </g>
          ))}
          {quorums.map((quorum) => (
            <text
              key={quorum}
              class="quorum-label"
              x={x(quorum)}
              y={height - frame.bottom + 18}
              text-anchor="middle"
            >
              {quorum}
            </text>
          ))}
          <text class="axis-title" x={frame.left} y={height - 6}>
            write quorum, follower acks
            {aboveMs.length > 0 &&
              ` · ${plural(aboveMs.length, "write")} above, up to ${duration(Math.max(...aboveMs))}`}
          </text>
        </svg>
      )}
    </div>
  );
}

/** Places in px. */
interface Scale {
  readonly x: (quorum: number) => number;
  readonly y: (ms: number) => number;
}

/** The mean of each quorum, joined by a line. */
function linePath(theory: readonly Prediction[], { x, y }: Scale): string {
  return pathThrough(theory.map(({ quorum, meanMs }) => [x(quorum), y(meanMs)]));
}

/** The range of nine in ten writes, as an area: up along p95, back along p5. */
function bandPath(theory: readonly Prediction[], { x, y }: Scale): string {
  const up = theory.map(({ quorum, p95Ms }): [number, number] => [x(quorum), y(p95Ms)]);
  const down = theory.map(({ quorum, p5Ms }): [number, number] => [x(quorum), y(p5Ms)]);
  return up.length === 0 ? "" : `${pathThrough([...up, ...down.reverse()])}z`;
}

const pathThrough = (points: readonly (readonly [number, number] | number[])[]): string =>
  points.length === 0 ? "" : `M${points.map((point) => point.join(" ")).join("L")}`;

/** One path for all points, so that thousands of them are one element. */
const pointsPath = (samples: readonly Sample[], { x, y }: Scale, column: number): string =>
  samples
    .map(({ quorum, latencyMs }, place) => {
      const across = x(quorum) + (scattered(place) - 0.5) * column * spread;
      return `M${across.toFixed(1)} ${y(latencyMs).toFixed(1)}h0`;
    })
    .join("");

/** The 95 % interval of a mean, with a bar at each end. */
function intervalPath({ meanLowMs, meanHighMs }: SweepResult, y: Scale["y"]): string {
  if (meanLowMs === null || meanHighMs === null) return "";
  const [low, high] = [y(meanLowMs), y(meanHighMs)];
  return `M0 ${low}V${high}M-6 ${low}h12M-6 ${high}h12`;
}

/** A place in 0..1 for the n-th point: evenly spread by the golden ratio, and always the same. */
const scattered = (place: number): number => (place * 0.618_033_988_75) % 1;

/** What a screen reader says of the chart. */
function inWords(sweep: SweepChartProps["sweep"], theory: readonly Prediction[]): string {
  const means = sweep.results.map(
    ({ quorum, meanMs }) => `quorum ${quorum} mean ${duration(meanMs)}`,
  );
  const expected = theory.map(({ quorum, meanMs }) => `quorum ${quorum} ${duration(meanMs)}`);
  return `Measured: ${means.join(", ") || "nothing yet"}. Theory: ${expected.join(", ")}.`;
}
