/** The bytes that JSON is made of. */

/** What is wrong with a text, as a sentence without its subject. */
export class JsonFault extends Error {}

/** The kind of a value; a word is a number, true, false or null. */
export type JsonKind = "object" | "array" | "string" | "word";

/** Single bytes with a meaning of their own. Every byte up to a space counts as white space. */
export const marks = {
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** The kind of the value that starts with this byte. */
export function kindOf(byte: number): JsonKind {
  if (byte === marks.openBrace) return "object";
  if (byte === marks.openBracket) return "array";
  return byte === marks.quote ? "string" : "word";
}

/** The bracket or brace that ends what this one opens. */
export const closingOf = (open: number): number =>
  open === marks.openBrace ? marks.closeBrace : marks.closeBracket;
