/**
 * Contradictions between two calls that their versions alone betray. The search would find them
 * too, but these are the common ones, and two calls explain more than two thousand.
 */
import type { Call } from "./history.ts";

/** Two calls that cannot both be true; undefined says nothing about the rest. */
export function findClash(calls: readonly Call[]): readonly [Call, Call] | undefined {
  return fallingVersion(calls) ?? twoWritesOfOneVersion(calls) ?? leapfrogged(calls);
}

/** The version of the key right after the call took effect; undefined where it is not known. */
function versionAfter(call: Call): number | undefined {
  switch (call.outcome) {
    case "ok":
      return call.version;
    case "mismatch":
      return call.version === 0 ? undefined : call.version;
    case "missing":
    case "unknown":
      return undefined;
  }
}

const writes = (call: Call): boolean => call.kind !== "read" && call.outcome === "ok";

/** A call that started after another was answered must not see, or get, an older version. */
function fallingVersion(calls: readonly Call[]): readonly [Call, Call] | undefined {
  const starts = [...calls].sort((a, b) => a.invokedAt - b.invokedAt);
  const answers = calls
    .filter((call) => call.returnedAt !== undefined && versionAfter(call) !== undefined)
    .sort((a, b) => (a.returnedAt ?? 0) - (b.returnedAt ?? 0));
  let newest: Call | undefined;
  let next = 0;
  for (const call of starts) {
    for (let answer = answers[next]; answer !== undefined; answer = answers[next]) {
      if ((answer.returnedAt ?? 0) >= call.invokedAt) {
        break;
      }
      if (newest === undefined || (versionAfter(answer) ?? 0) > (versionAfter(newest) ?? 0)) {
        newest = answer;
      }
      next += 1;
    }
    const version = versionAfter(call);
    if (newest !== undefined && version !== undefined) {
      const before = versionAfter(newest) ?? 0;
      if (version < before || (version === before && writes(call))) {
        return [newest, call];
      }
    }
  }
  return undefined;
}

function twoWritesOfOneVersion(calls: readonly Call[]): readonly [Call, Call] | undefined {
  const writers = new Map<number, Call>();
  for (const call of calls) {
    if (writes(call) && call.version !== undefined) {
      const other = writers.get(call.version);
      if (other !== undefined) {
        return [other, call];
      }
      writers.set(call.version, call);
    }
  }
  for (const call of calls) {
    const writer = call.version === undefined ? undefined : writers.get(call.version);
    const reads = call.kind === "read" && call.outcome === "ok";
    if (reads && writer !== undefined && writer.value !== call.value) {
      return [writer, call];
    }
  }
  return undefined;
}

/** Between the version a conditional write asked for and the one it got, nothing was written. */
function leapfrogged(calls: readonly Call[]): readonly [Call, Call] | undefined {
  const versions = calls
    .filter((call) => writes(call) && call.version !== undefined)
    .sort((a, b) => (a.version ?? 0) - (b.version ?? 0));
  for (const [index, call] of versions.entries()) {
    const before = versions[index - 1];
    const asked = call.ifVersion ?? 0;
    if (asked > 0 && before?.version !== undefined && before.version > asked) {
      return [before, call];
    }
  }
  return undefined;
}
