/** One follower's simulated delay: uniform over a range, or exactly one value when both ends meet. */
export interface DelayRange {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/** Chance that a delay has passed by `atMs`. */
export function delayCdf({ minDelayMs, maxDelayMs }: DelayRange, atMs: number): number {
  if (atMs < minDelayMs) return 0;
  if (atMs >= maxDelayMs) return 1;
  return (atMs - minDelayMs) / (maxDelayMs - minDelayMs);
}
