export {
  type BootstrapOptions,
  bootstrapSamplesMax,
  differenceInterval,
  type Estimate,
  type Interval,
  meanInterval,
} from "./bootstrap.ts";
export {
  ascending,
  mean,
  p99SamplesMin,
  quantile,
  quantileOfSorted,
  type Summary,
  standardDeviation,
  summarize,
} from "./describe.ts";
export { distributionGap, type EcdfStep, ecdf, gapLimit } from "./ecdf.ts";
export { type Random, seededRandom, shuffled } from "./random.ts";
