import type { Call } from "../linearizability/history.ts";

/** A promise of the design was seen broken. */
export class Violation extends Error {
  override readonly name = "Violation";
  /** Where a key is not linearizable: the calls that contradict each other. */
  readonly calls: readonly Call[];

  constructor(sentence: string, calls: readonly Call[] = []) {
    super(sentence);
    this.calls = calls;
  }
}
