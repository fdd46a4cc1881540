/** The options of a sweep after parsing: checked one by one, not yet against each other. */
import type { Format } from "../report/write.ts";
import type { SweepOptions } from "../results/schema.ts";
import type { ProgressStyle } from "../terminal/progress.ts";
import type { DelayRange } from "../theory/index.ts";
import type { Keys } from "./values.ts";

/** As commander hands them over. */
export interface SweepFlags {
  readonly target: string;
  readonly followers: number;
  readonly quorums: readonly number[];
  readonly clients: number;
  /** Undefined: the default, and more where a pass would be too short. */
  readonly writes?: number;
  readonly minDuration?: number;
  readonly rounds: number;
  readonly order: SweepOptions["order"];
  readonly keys: Keys;
  readonly payload: number;
  readonly minDelay?: number;
  readonly maxDelay?: number;
  readonly followerDelay?: Readonly<Record<string, DelayRange>>;
  readonly seed: number;
  readonly warmup: number;
  readonly maxFailed: number;
  readonly out?: string;
  readonly format: readonly Format[];
  readonly baseline?: string;
  readonly keepKeys: boolean;
  readonly color: boolean;
  readonly json: boolean;
  readonly progress: ProgressStyle;
}
