/** What the rest may use of the theory. Pure: no node: import, so the page uses the same files. */
export type { DelayRange } from "./delay.ts";
export {
  equalFollowers,
  kthSmallest,
  meanBand,
  type Prediction,
  predictSettle,
  type SettleModel,
  settleCdf,
} from "./settle.ts";
