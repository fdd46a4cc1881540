/**
 * Looks for one order of a key's calls that respects real time and that the register allows.
 *
 * Wing and Gong's search (1993) with what Lowe ("Testing for linearizability", 2017) and porcupine
 * added: a depth-first search over "which call comes next", where a pair of (calls placed, register)
 * is never visited twice. Four rules keep it close to linear on real histories, none of which
 * changes the verdict:
 *   1. A call that leaves the register as it is and fits now is placed now.
 *   2. A branch ends where a call still to come needs a version, or a value, that is gone for good.
 *   3. A call of unknown outcome is placed just in time: right before a call that needs it.
 *   4. Calls are tried in order of version, then of answer, so the first guess is mostly right.
 */
import type { Call } from "./history.ts";
import { ABSENT, type Register } from "./model.ts";
import { Table } from "./table.ts";

export type Search =
  | { readonly verdict: "linearizable"; readonly order: readonly Call[]; readonly steps: number }
  | {
      readonly verdict: "impossible";
      /** The longest order found, before nothing more could follow. */
      readonly order: readonly Call[];
      readonly register: Register;
      readonly steps: number;
    }
  | { readonly verdict: "gave up"; readonly steps: number };

/** One place in the order under construction. */
interface Frame {
  readonly register: Register;
  /** The call placed to get here; -1 at the root. */
  readonly placed: number;
  /** After a call of unknown outcome: the register before it. See rule 3. */
  readonly without: Register | undefined;
  candidates: readonly number[];
  next: number;
  /** Whether the unknown calls were added to the candidates. */
  complete: boolean;
}

/** @param stepsMax calls tried before the search gives up. */
export function search(calls: readonly Call[], stepsMax: number): Search {
  const table = new Table(calls);
  const visited = new Set<string>();
  const frames: Frame[] = [];
  let deepest: { readonly order: readonly Call[]; readonly register: Register } | undefined;
  let depthMax = -1;

  const open = (register: Register, placed: number, without: Register | undefined): void => {
    const candidates = table.required(register, without);
    frames.push({ register, placed, without, candidates, next: 0, complete: false });
  };
  const order = (): Call[] => frames.slice(1).map((frame) => table.call(frame.placed));

  open(ABSENT, -1, undefined);
  for (;;) {
    const frame = frames.at(-1);
    if (frame === undefined) {
      const { order, register } = deepest ?? { order: [], register: ABSENT };
      return { verdict: "impossible", order, register, steps: table.work };
    }
    if (table.done) {
      return { verdict: "linearizable", order: order(), steps: table.work };
    }
    const index = frame.candidates[frame.next];
    if (index === undefined) {
      if (!frame.complete) {
        frame.complete = true;
        frame.candidates = table.optional(frame.register, frame.without);
        frame.next = 0;
        continue;
      }
      if (table.depth > depthMax) {
        depthMax = table.depth;
        deepest = { order: order(), register: frame.register };
      }
      frames.pop();
      if (frame.placed >= 0) {
        table.remove(frame.placed);
      }
      continue;
    }
    frame.next += 1;
    if (table.work > stepsMax) {
      return { verdict: "gave up", steps: table.work };
    }
    const register = table.apply(frame.register, index);
    if (register === undefined) {
      continue;
    }
    table.place(index);
    const without = table.isRequired(index) ? undefined : frame.register;
    const key = table.key(register, without);
    if (visited.has(key) || table.isHopeless(frame.register, register)) {
      table.remove(index);
      continue;
    }
    visited.add(key);
    open(register, index, without);
  }
}
