/** Is this history linearizable, key by key? Pure and synchronous; bounded work. */
import { explain, type Violation } from "./explain.ts";
import type { Call } from "./history.ts";
import { search } from "./search.ts";
import { findClash } from "./versions.ts";

export type Verdict =
  | { readonly verdict: "ok"; readonly keys: number; readonly calls: number }
  | { readonly verdict: "violation"; readonly key: string; readonly violation: Violation }
  /** Neither shown right nor wrong within the bound. */
  | { readonly verdict: "gave up"; readonly key: string; readonly steps: number };

export interface CheckOptions {
  /** Calls tried per key before giving up; ten million take two seconds or so. */
  readonly stepsMax?: number;
}

const STEPS_MAX = 10_000_000;

/** A violation of any key outweighs a key on which the search gave up. */
export function check(history: readonly Call[], options: CheckOptions = {}): Verdict {
  const stepsMax = options.stepsMax ?? STEPS_MAX;
  let gaveUp: Verdict | undefined;
  const keys = Map.groupBy(history, (call) => call.key);
  for (const [key, calls] of keys) {
    const result = search(calls, stepsMax);
    const clash = result.verdict === "gave up" ? findClash(calls) : undefined;
    if (result.verdict === "impossible" || clash !== undefined) {
      return { verdict: "violation", key, violation: explain(calls, stepsMax) };
    }
    if (result.verdict === "gave up") {
      gaveUp ??= { verdict: "gave up", key, steps: result.steps };
    }
  }
  return gaveUp ?? { verdict: "ok", keys: keys.size, calls: history.length };
}
