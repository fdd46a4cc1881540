/**
 * Gauss-Legendre integration with 16 points: exact for polynomials up to degree 31, which is what
 * the distribution of a settling time is between two breakpoints (one degree per follower).
 */
const points = 16;

interface Node {
  readonly at: number;
  readonly weight: number;
}

/** Value and slope of the Legendre polynomial of degree `points`. */
function legendre(at: number): { value: number; slope: number } {
  let previous = 1;
  let value = at;
  for (let degree = 2; degree <= points; degree += 1) {
    const next = ((2 * degree - 1) * at * value - (degree - 1) * previous) / degree;
    previous = value;
    value = next;
  }
  return { value, slope: (points * (at * value - previous)) / (at * at - 1) };
}

const nodes: readonly Node[] = Array.from({ length: points }, (_, index) => {
  // Newton's method from Tricomi's estimate reaches machine precision in four steps.
  let at = Math.cos((Math.PI * (index + 0.75)) / (points + 0.5));
  for (let step = 0; step < 8; step += 1) {
    const { value, slope } = legendre(at);
    at -= value / slope;
  }
  const { slope } = legendre(at);
  return { at, weight: 2 / ((1 - at * at) * slope * slope) };
});

/** The integral of `height` over one smooth piece. */
export function integrate(
  height: (at: number) => number,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const half = (to - from) / 2;
  const middle = (from + to) / 2;
  let sum = 0;
  for (const { at, weight } of nodes) sum += weight * height(middle + half * at);
  return sum * half;
}
