/** What is on the disk is not what a node wrote: found where bytes are decoded, and never decoded further. */
import { numberMax } from "../../../replication/bounds.ts";

/** The message says what is wrong and where, as the second half of a sentence. */
export class DataDamaged extends Error {
  override readonly name = "DataDamaged";
}

/** Throws DataDamaged unless it holds. */
export function mustHold(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new DataDamaged(otherwise);
}

/** A sequence, an epoch, a number of keys …: whole, and from `min` to what nodes count up to. */
export function wholeNumber(value: number, name: string, min = 0): number {
  if (Number.isSafeInteger(value) && value >= min && value <= numberMax) return value;
  throw new DataDamaged(`${name} is ${value}`);
}

/** What a node says that cannot use its data any more. */
export const damageSentence = (directory: string, how: string): string =>
  `the data in ${directory} is damaged: ${how}`;
