/** Does a process's memory level off? A verdict over samples that were taken at a fixed rate. */

export interface Sample {
  /** Since the load began. */
  readonly minutes: number;
  /** Anonymous memory. */
  readonly mebibytes: number;
}

export interface Verdict {
  readonly levelsOff: boolean;
  /** Of the second half, by least squares. */
  readonly mebibytesPerMinute: number;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * A heap breathes: each collection moves it by tens of MiB. So what counts is the trend of the
 * second half, once retention and caches are full, and that half's rise as a whole.
 */
export function judge(samples: readonly Sample[], mebibytesPerMinuteMax: number): Verdict {
  const half = samples.slice(Math.floor(samples.length / 2));
  const values = half.map(({ mebibytes }) => mebibytes);
  const slope = slopeOf(half);
  return {
    levelsOff: slope <= mebibytesPerMinuteMax,
    mebibytesPerMinute: slope,
    lowest: Math.min(...values),
    highest: Math.max(...values),
  };
}

function slopeOf(samples: readonly Sample[]): number {
  const mean = (pick: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const x = mean(({ minutes }) => minutes);
  const y = mean(({ mebibytes }) => mebibytes);
  const rise = mean((sample) => (sample.minutes - x) * (sample.mebibytes - y));
  const run = mean((sample) => (sample.minutes - x) ** 2);
  return run === 0 ? 0 : rise / run;
}
