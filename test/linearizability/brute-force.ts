/**
 * The plainest checker there is, to test the clever one against: tries every order, every choice of
 * which unknown calls took effect, and every version that a write could have got.
 */
import type { Call } from "../../src/virtual/linearizability/history.ts";

interface Cell {
  readonly value: string | undefined;
  readonly version: number;
}

const VERSION_MAX = 12;

/** For a handful of calls to one key, with versions up to 5 or so. */
export function isLinearizable(
  calls: readonly Call[],
  cell: Cell = { value: undefined, version: 0 },
): boolean {
  if (calls.every((call) => call.outcome === "unknown")) {
    return true;
  }
  return calls.some((call, index) => {
    const others = calls.filter((_, other) => other !== index);
    const tooEarly = others.some(
      (other) =>
        other.outcome !== "unknown" &&
        other.returnedAt !== undefined &&
        other.returnedAt < call.invokedAt,
    );
    return !tooEarly && after(cell, call).some((next) => isLinearizable(others, next));
  });
}

/** Every cell that can follow; none if the call cannot have been answered so. */
function after(cell: Cell, call: Call): Cell[] {
  const current = cell.value === undefined ? 0 : cell.version;
  const met = call.ifVersion === undefined || call.ifVersion === current;
  const named = call.version ?? current;
  if (call.kind === "read") {
    const seen = call.outcome === "missing" ? undefined : call.value;
    const agrees = call.outcome === "missing" || named === current;
    return cell.value === seen && agrees ? [cell] : [];
  }
  switch (call.outcome) {
    case "mismatch":
      return !met && named === current ? [cell] : [];
    case "missing":
      return call.kind === "delete" && cell.value === undefined ? [cell] : [];
    case "ok":
    case "unknown":
      return met && (call.kind === "put" || cell.value !== undefined) ? written(cell, call) : [];
  }
}

function written(cell: Cell, call: Call): Cell[] {
  const value = call.kind === "put" ? call.value : undefined;
  const versions = Array.from({ length: VERSION_MAX }, (_, index) => index + 1);
  return versions
    .filter((version) => version > cell.version && version === (call.version ?? version))
    .map((version) => ({ value, version }));
}
