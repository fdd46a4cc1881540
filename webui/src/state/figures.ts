/** The key figures of the last minute, from what the page knows. */
import { ascending, mean, quantileOfSorted } from "../../../simulation/statistics/index.ts";
import type { Rate } from "./model.ts";
import type { WriteTrace } from "./traces.ts";

export interface Figures {
  /** On average over the last seconds. Undefined: nothing was heard of the leader in them. */
  readonly writesPerSecond: number | undefined;
  readonly p50Ms: number | undefined;
  /** Undefined below `p99SamplesMin` writes: fewer say nothing of one in a hundred. */
  readonly p99Ms: number | undefined;
  /** Writes that the quantiles rest on. */
  readonly samples: number;
  readonly over: "last minute" | "last second";
  /** Of the last minute, by error code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly unknown: number;
}

export const p99SamplesMin = 100;
const windowMs = 60_000;
const freshMs = 3000;
export const writesOverMs = 5000;

/** `now` is the leader's wall clock; both lists are oldest first. */
export function figuresOf(
  known: { readonly traces: Iterable<WriteTrace>; readonly rates: Iterable<Rate> },
  now: number,
): Figures {
  const rates = [...known.rates].filter(({ at }) => now - at < windowMs);
  const last = rates.at(-1);
  const isHeard = last !== undefined && now - last.at < freshMs;
  const recent = rates.filter(({ at }) => now - at < writesOverMs).map(({ writes }) => writes);
  const refused: Record<string, number> = {};
  for (const rate of rates) {
    for (const [code, number] of Object.entries(rate.refused)) {
      refused[code] = (refused[code] ?? 0) + number;
    }
  }
  return {
    writesPerSecond: isHeard ? mean(recent) : undefined,
    ...quantiles(known.traces, rates, now),
    refused,
    unknown: rates.reduce((sum, { unknown }) => sum + unknown, 0),
  };
}

type Quantiles = Pick<Figures, "p50Ms" | "p99Ms" | "samples" | "over">;

/** Where writes were too many to be shown one by one, the node's own figures of a second count. */
function quantiles(traces: Iterable<WriteTrace>, rates: readonly Rate[], now: number): Quantiles {
  const busy = rates.findLast(({ writes }) => writes > 0);
  if (busy !== undefined && rates.some(({ unshown }) => unshown > 0)) {
    const { writes: samples, p50, p99 } = busy;
    const p99Ms = samples < p99SamplesMin ? undefined : (p99 ?? undefined);
    return { p50Ms: p50 ?? undefined, p99Ms, samples, over: "last second" };
  }
  const times = ascending(
    [...traces].flatMap(({ at, latencyMs }) =>
      latencyMs !== undefined && now - at < windowMs ? [latencyMs] : [],
    ),
  );
  return {
    p50Ms: times.length === 0 ? undefined : quantileOfSorted(times, 0.5),
    p99Ms: times.length < p99SamplesMin ? undefined : quantileOfSorted(times, 0.99),
    samples: times.length,
    over: "last minute",
  };
}
