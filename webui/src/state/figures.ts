/**
 * The key figures of the last minute. They say what they cover: a page that was opened ten seconds ago
 * knows the last ten seconds, not a minute.
 */
import { ascending, mean, quantileOfSorted } from "../../../simulation/statistics/index.ts";
import { count, longDuration } from "../lib/units.ts";
import type { Rate } from "./model.ts";
import { tracesKept, type WriteTrace } from "./traces.ts";

export interface Figures {
  /** On average over `writesOverMs`. Undefined: the leader has sent nothing for three seconds. */
  readonly writesPerSecond: number | undefined;
  readonly p50Ms: number | undefined;
  /** Undefined below `p99SamplesMin` writes: fewer say nothing about one in a hundred. */
  readonly p99Ms: number | undefined;
  /** Number of writes behind the quantiles. */
  readonly samples: number;
  /** What the quantiles cover: "last minute", or less where the page knows less. */
  readonly over: string;
  /** Refused writes of the last minute, by error code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly unknown: number;
}

export const p99SamplesMin = 100;
const windowMs = 60_000;
/** A leader that is heard sends figures every second. */
const freshMs = 3000;
/** Averaged over so long, a few writes a second do not make the figure flicker. */
export const writesOverMs = 5000;

/** `now` is the leader's wall clock, ms; both lists are oldest first. */
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

/** While the node does not report every write, its own figures of a second count instead. */
function quantiles(known: Iterable<WriteTrace>, rates: readonly Rate[], now: number): Quantiles {
  const crowded = rates.findLast(({ unshown }) => unshown > 0);
  if (crowded !== undefined && now - crowded.at < writesOverMs) {
    const { writes: samples, p50, p99 } = crowded;
    const p99Ms = samples < p99SamplesMin ? undefined : (p99 ?? undefined);
    return { p50Ms: p50 ?? undefined, p99Ms, samples, over: "last second" };
  }
  const sinceAt = Math.max(now - windowMs, crowded?.at ?? 0);
  const traces = [...known];
  const times = ascending(
    traces.flatMap(({ at, latencyMs }) =>
      latencyMs !== undefined && at > sinceAt ? [latencyMs] : [],
    ),
  );
  // The page remembers a limited number of writes; under load these do not fill the minute.
  const isCut = traces.length >= tracesKept && (traces[0]?.at ?? 0) > sinceAt;
  const sinceMs = now - sinceAt;
  return {
    p50Ms: times.length === 0 ? undefined : quantileOfSorted(times, 0.5),
    p99Ms: times.length < p99SamplesMin ? undefined : quantileOfSorted(times, 0.99),
    samples: times.length,
    over: isCut
      ? `last ${count(times.length)} writes`
      : sinceMs < windowMs
        ? `last ${longDuration(sinceMs)}`
        : "last minute",
  };
}
