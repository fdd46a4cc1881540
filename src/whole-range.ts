/** Ranges of whole numbers, judged and worded in one way for requests and settings. */

/** The whole numbers from `min` to `max`, both included. */
export interface WholeRange {
  readonly min: number;
  readonly max: number;
}

/** The range as the end of the sentence "it must be …". */
export const wholeText = ({ min, max }: WholeRange): string =>
  `a whole number from ${min} to ${max}`;

/** Whether the number is one of the range. */
export const isWhole = (value: number, { min, max }: WholeRange): boolean =>
  Number.isSafeInteger(value) && value >= min && value <= max;
