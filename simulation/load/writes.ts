/** Which keys and values the clients write, all of it decided by the seed. */
import { type Random, shuffled } from "../statistics/index.ts";

/** Keys of sweeps begin with this, so that they can be found and removed afterwards. */
export const keyPrefix = "sweep/";

/** What is written in one load. */
export interface WritePlan {
  readonly clients: number;
  readonly writes: number;
  /** null: a new key for each write. */
  readonly keys: number | null;
  /** Bytes of a value's JSON text, at least. */
  readonly payload: number;
  /** Tells one pass's values and unique keys from another's. */
  readonly label: string;
}

/** The key of each write of one client: every key equally often, in an order of its own. */
export function keysOfClient(plan: WritePlan, client: number, random: Random): readonly string[] {
  const { keys, writes, label } = plan;
  if (keys === null) {
    return Array.from({ length: writes }, (_, write) => `${keyPrefix}${label}/${client}-${write}`);
  }
  const numbers = Array.from({ length: writes }, (_, write) => (client + write) % keys);
  const width = String(keys - 1).length;
  return shuffled(numbers, random).map(
    (number) => `${keyPrefix}key-${String(number).padStart(width, "0")}`,
  );
}

/** An object that tells whose write it is, filled up to the wanted size. */
export function valueToWrite(
  { label, payload }: WritePlan,
  client: number,
  write: number,
): unknown {
  const value = { pass: label, client, write, filler: "" };
  const missing = payload - JSON.stringify(value).length;
  return { ...value, filler: "x".repeat(Math.max(0, missing)) };
}
