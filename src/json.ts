/**
 * JSON text as a value. Numbers are doubles, but one whose digits a double cannot hold keeps them as
 * raw JSON, so that it is stored as it was written. Throws SyntaxError where it is not JSON.
 */
export const parseJson = (text: string): unknown =>
  manyDigits.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);

/** Up to 15 digits always fit a double. */
const manyDigits = /[\d.]{16}/;

const keepDigits = (
  _name: string,
  value: unknown,
  { source }: { source?: string } = {},
): unknown => {
  if (typeof value !== "number" || source === undefined) return value;
  return !Number.isFinite(value) || String(value) === source ? value : raw.rawJSON(source);
};

/** What TypeScript's library does not describe yet (ECMAScript 2026). */
interface RawJson {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}
const raw = JSON as unknown as RawJson;

export const isRawNumber = (value: object): boolean => raw.isRawJSON(value);
