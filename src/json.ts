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
  if (!Number.isFinite(value) || String(value) === source) return value;
  return canonical(String(value)) === canonical(source) ? value : raw.rawJSON(source);
};

/** The same text for the same number: `5000.0`, `5e3` and `5000` are one. */
const canonical = (number: string): string => {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(number);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  let end = digits.length;
  while (digits[end - 1] === "0") end -= 1;
  if (end === 0) return "0";
  const power = Number(exponent) - fraction.length + (digits.length - end);
  return `${sign}${digits.slice(0, end)}e${power}`;
};

/** What TypeScript's library does not describe yet (ECMAScript 2026). */
interface RawJson {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}
const raw = JSON as unknown as RawJson;

export const isRawNumber = (value: object): boolean => raw.isRawJSON(value);
