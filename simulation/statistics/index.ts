/**
 * What the rest may use of the statistics. Pure: no node: import, so the page uses the same
 * files.
 */
export {
  bootstrapSamplesMax,
  differenceInterval,
  type Estimate,
  type Interval,
  meanInterval,
} from "./bootstrap.ts";
export {
  ascending,
  mean,
  quantile,
  quantileOfSorted,
  type Summary,
  summarize,
} from "./describe.ts";
export { distributionGap, ecdf, gapLimit } from "./ecdf.ts";
export { type Random, seededRandom, shuffled } from "./random.ts";
