/**
 * The register that every key promises to be: put, conditional put, delete, read. Versions of one
 * key rise strictly from write to write; an absent key counts as version 0.
 *
 * A write whose version nobody was told has some version above the one before it. The state keeps
 * just enough to decide later whether such a version can be the one that somebody saw.
 */
import type { Call } from "./history.ts";

export interface Register {
  readonly present: boolean;
  /** JSON text; undefined while absent. */
  readonly value: string | undefined;
  /** The version of the last write, or the lowest it can be. Never falls. */
  readonly low: number;
  /** False: the version is some number from `low` on that is not in `excluded`. */
  readonly exact: boolean;
  /** Versions that a mismatch ruled out. Empty while exact. Ascending. */
  readonly excluded: readonly number[];
}

export const ABSENT: Register = {
  present: false,
  value: undefined,
  low: 0,
  exact: true,
  excluded: [],
};

/**
 * The register after the call, the very same object where nothing changed, or undefined where the
 * call cannot have been answered like that. An unknown call is applied as if it took effect.
 */
export function apply(register: Register, call: Call): Register | undefined {
  switch (call.outcome) {
    case "ok":
    case "unknown":
      return call.kind === "read" ? found(register, call) : written(register, call);
    case "missing":
      return call.kind !== "put" && !register.present ? register : undefined;
    case "mismatch":
      return mismatched(register, call);
  }
}

function found(register: Register, call: Call): Register | undefined {
  if (!register.present || register.value !== call.value) {
    return undefined;
  }
  return call.version === undefined ? register : resolved(register, call.version);
}

function written(register: Register, call: Call): Register | undefined {
  if (call.kind === "delete" && !register.present) {
    return undefined;
  }
  const before = call.ifVersion === undefined ? register : satisfied(register, call.ifVersion);
  if (before === undefined) {
    return undefined;
  }
  const lowest = lowestVersion(before) + 1;
  if (call.version !== undefined && call.version < lowest) {
    return undefined;
  }
  const present = call.kind === "put";
  return {
    present,
    value: present ? call.value : undefined,
    low: call.version ?? lowest,
    // Nobody can ask for the version of a deleted key, so its lower bound is all that matters.
    exact: !present || call.version !== undefined,
    excluded: [],
  };
}

function mismatched(register: Register, call: Call): Register | undefined {
  if (call.kind === "read" || call.ifVersion === undefined) {
    return undefined;
  }
  const named = call.version;
  if (named === call.ifVersion) {
    return undefined;
  }
  if (named !== undefined && named > 0) {
    return resolved(register, named);
  }
  if (named === 0) {
    return register.present ? undefined : register;
  }
  return other(register, call.ifVersion);
}

/** The register, known to hold any version but this one. */
function other(register: Register, version: number): Register | undefined {
  if (!register.present) {
    return version === 0 ? undefined : register;
  }
  if (register.exact) {
    return register.low === version ? undefined : register;
  }
  if (version < register.low || register.excluded.includes(version)) {
    return register;
  }
  const excluded = [...register.excluded, version].sort((a, b) => a - b);
  return { ...register, excluded };
}

/** The register, known to meet `ifVersion`. */
function satisfied(register: Register, ifVersion: number): Register | undefined {
  if (ifVersion === 0) {
    return register.present ? undefined : register;
  }
  return resolved(register, ifVersion);
}

/** The register, known to be present at exactly this version. */
function resolved(register: Register, version: number): Register | undefined {
  if (!register.present) {
    return undefined;
  }
  if (register.exact) {
    return register.low === version ? register : undefined;
  }
  if (version < register.low || register.excluded.includes(version)) {
    return undefined;
  }
  return { ...register, low: version, exact: true, excluded: [] };
}

function lowestVersion(register: Register): number {
  let version = register.low;
  for (const excluded of register.excluded) {
    if (excluded === version) {
      version += 1;
    }
  }
  return version;
}

/** A register in plain words, for reports. */
export function describeRegister(register: Register): string {
  if (!register.present) {
    return register.low === 0 ? "absent" : `absent (deleted at ${register.low} or later)`;
  }
  const version = register.exact ? `version ${register.low}` : `some version from ${register.low}`;
  return `${register.value} at ${version}`;
}
