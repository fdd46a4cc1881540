/**
 * Turns a history that no order explains into the few calls that contradict each other.
 *
 * First the shortest prefix (by time) that already fails; its last answer is the one that cannot
 * be. Then every call that is not needed for the contradiction is relaxed: a read or refusal is
 * left out, a write becomes one of unknown outcome, which allows strictly more orders. What still
 * fails after that is a contradiction among the calls that are left.
 */
import { type Call, describeCall } from "./history.ts";
import { describeRegister, type Register } from "./model.ts";
import { search } from "./search.ts";
import { findClash } from "./versions.ts";

export interface Violation {
  /** The whole finding in plain words. */
  readonly text: string;
  /** The calls that contradict each other, in order of start. */
  readonly core: readonly Call[];
}

/** Total steps spent on making the core small. */
const STEPS_FOR_SHRINKING = 4_000_000;

/** @param calls all calls of one key, known not to be linearizable. */
export function explain(calls: readonly Call[], stepsMax: number): Violation {
  const clash = findClash(calls);
  if (clash !== undefined) {
    return { core: clash, text: describeClash(calls, clash) };
  }
  let stepsLeft = STEPS_FOR_SHRINKING;
  const fails = (candidate: readonly Call[]): boolean => {
    if (stepsLeft <= 0) {
      return false;
    }
    const result = search(candidate, Math.min(stepsMax, stepsLeft));
    stepsLeft -= result.steps + candidate.length;
    return result.verdict === "impossible";
  };
  const prefix = shortestPrefix(calls, fails);
  const shrunk = relaxWhatIsNotNeeded(prefix, fails);
  const core = shrunk.filter((call) => call.outcome !== "unknown");
  return { core, text: describe(calls, shrunk, core) };
}

/** The calls as they were known at an instant. */
function asOf(calls: readonly Call[], at: number): Call[] {
  return calls
    .filter((call) => call.invokedAt <= at)
    .map((call) => ((call.returnedAt ?? at) <= at ? call : relaxed(call)))
    .filter((call) => call !== undefined);
}

/** The same call with nothing known of its outcome; undefined where that leaves nothing. */
function relaxed(call: Call): Call | undefined {
  if (call.kind === "read" || call.outcome === "missing" || call.outcome === "mismatch") {
    return undefined;
  }
  return { ...call, outcome: "unknown", returnedAt: undefined, version: undefined };
}

function shortestPrefix(
  calls: readonly Call[],
  fails: (calls: readonly Call[]) => boolean,
): readonly Call[] {
  const instants = calls.flatMap(({ returnedAt }) =>
    returnedAt === undefined ? [] : [returnedAt],
  );
  instants.sort((a, b) => a - b);
  let low = 0;
  let high = instants.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fails(asOf(calls, instants[middle] ?? 0))) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const prefix = asOf(calls, instants[high] ?? Number.POSITIVE_INFINITY);
  return fails(prefix) ? prefix : calls;
}

/** Relaxes ever smaller groups of calls as long as the rest still fails (delta debugging). */
function relaxWhatIsNotNeeded(
  calls: readonly Call[],
  fails: (calls: readonly Call[]) => boolean,
): readonly Call[] {
  let kept = [...calls].sort((a, b) => a.invokedAt - b.invokedAt);
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : size >> 1) {
    for (let from = 0; from < kept.length; ) {
      const group = kept.slice(from, from + size);
      const easier = group.map(relaxed).filter((call) => call !== undefined);
      const candidate = [...kept.slice(0, from), ...easier, ...kept.slice(from + size)];
      const easierThanBefore = group.some((call) => call.outcome !== "unknown");
      if (easierThanBefore && fails(candidate)) {
        kept = candidate;
        from += easier.length;
      } else {
        from += size;
      }
    }
  }
  return kept;
}

function describeClash(calls: readonly Call[], clash: readonly Call[]): string {
  return [
    `key ${JSON.stringify(calls[0]?.key ?? "")}: these two of its ${calls.length} calls cannot both be true:`,
    ...clash.map((call) => `  ${describeCall(call)}`),
  ].join("\n");
}

function describe(calls: readonly Call[], shrunk: readonly Call[], core: readonly Call[]): string {
  const result = search(shrunk, STEPS_FOR_SHRINKING);
  const key = JSON.stringify(calls[0]?.key ?? "");
  const lines = [
    `key ${key}: no order of its ${calls.length} calls explains every answer.`,
    `These ${core.length} cannot all be true, even if every other write may have happened or not:`,
    ...core.map((call) => `  ${describeCall(call)}`),
  ];
  const sources = shrunk.filter((call) => call.outcome === "unknown" && concerns(call, core));
  if (sources.length > 0) {
    lines.push("Writes of the values they speak of:", ...sources.map(original(calls)));
  }
  if (result.verdict === "impossible") {
    lines.push(...describeDeadEnd(result.order, result.register, core));
  }
  return lines.join("\n");
}

function describeDeadEnd(order: readonly Call[], register: Register, core: readonly Call[]) {
  const stuck = core.filter((call) => !order.includes(call));
  return [
    `The longest order found places ${order.length} calls and leaves the key ${describeRegister(register)};`,
    "from there none of these can come next:",
    ...stuck.slice(0, 5).map((call) => `  ${describeCall(call)}`),
  ];
}

/** Whether a write may be what the calls saw. */
function concerns(write: Call, core: readonly Call[]): boolean {
  return core.some(
    (call) =>
      (write.value !== undefined && call.value === write.value) ||
      (write.version !== undefined &&
        (call.version === write.version || call.ifVersion === write.version)),
  );
}

/** Describes a relaxed call by what was really answered. */
function original(calls: readonly Call[]): (call: Call) => string {
  return (relaxed) => {
    const same = calls.find(
      (call) => call.client === relaxed.client && call.invokedAt === relaxed.invokedAt,
    );
    return `  ${describeCall(same ?? relaxed)}`;
  };
}
