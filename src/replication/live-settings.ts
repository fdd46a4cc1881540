/** The order of settings that changed at run time. DESIGN.md, "Electing", says what it is for. */
import type { LiveSettings } from "./types.ts";

/** The newer of two; the left one if they are the same. */
export function newerSettings(
  left: LiveSettings | undefined,
  right: LiveSettings | undefined,
): LiveSettings | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  if (left.changedEpoch !== right.changedEpoch)
    return left.changedEpoch > right.changedEpoch ? left : right;
  return left.changedAt >= right.changedAt ? left : right;
}
