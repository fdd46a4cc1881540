export { type DelayRange, delayCdf, delayQuantile } from "./delay.ts";
export { atLeast, successCounts } from "./poisson-binomial.ts";
export {
  equalFollowers,
  kthSmallest,
  meanBand,
  type Prediction,
  predictSettle,
  type SettleModel,
  settleCdf,
  settleQuantile,
} from "./settle.ts";
