/**
 * How many of several independent trials succeed when each has its own chance.
 * The recursion adds one trial at a time; it only adds and multiplies numbers between 0 and 1, so it
 * loses no precision (Chen & Liu, "Statistical applications of the Poisson-binomial", 1997).
 */

/** The chance of exactly j successes, for j = 0..n. */
function successCounts(chances: readonly number[]): readonly number[] {
  let counts = [1];
  for (const chance of chances) {
    const next = new Array<number>(counts.length + 1).fill(0);
    for (const [successes, weight] of counts.entries()) {
      next[successes] = (next[successes] ?? 0) + weight * (1 - chance);
      next[successes + 1] = weight * chance;
    }
    counts = next;
  }
  return counts;
}

/** The chance of at least `wanted` successes. */
export function atLeast(chances: readonly number[], wanted: number): number {
  if (wanted <= 0) return 1;
  const counts = successCounts(chances);
  let sum = 0;
  for (let successes = counts.length - 1; successes >= wanted; successes -= 1) {
    sum += counts[successes] ?? 0;
  }
  return Math.min(1, sum);
}
