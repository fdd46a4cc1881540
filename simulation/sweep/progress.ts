/** The events of a run. `--progress json` prints each of them as one line. */
import type { Results } from "../results/schema.ts";
import type { PlannedPass } from "./plan.ts";

/** starting: the cluster is being prepared. warming: writes that are not measured. loading: writes are made. settling: stores converge. */
export type Stage = "starting" | "warming" | "loading" | "settling";

/** The gateway reads these as lines of JSON: see `gateway/sweeps/lines.ts`. */
export type ProgressEvent =
  | {
      readonly type: "plan";
      readonly passes: readonly PlannedPass[];
      /** At least; how many writes make the shortest duration is known with the cluster's delays. */
      readonly writesTotal: number;
    }
  | {
      readonly type: "stage";
      readonly stage: Stage;
      readonly quorum: number;
      readonly round: number;
      /** Mean that theory predicts for this quorum; null until the cluster's delays are known. */
      readonly theoryMs: number | null;
    }
  | {
      readonly type: "write";
      readonly quorum: number;
      readonly round: number;
      /** null: without success. */
      readonly latencyMs: number | null;
      /** Of the whole run. */
      readonly writesDone: number;
      readonly writesTotal: number;
      /** Of this quorum so far; null before its first success. */
      readonly meanMs: number | null;
      readonly theoryMs: number;
      readonly secondsLeft: number;
    }
  /** A pass is over; `results` holds everything measured so far. */
  | { readonly type: "passed"; readonly quorum: number; readonly results: Results }
  | { readonly type: "note"; readonly text: string };

/** Called between two writes, so it must return quickly. */
export type Listener = (event: ProgressEvent) => void;
