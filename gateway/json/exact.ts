/** Whether numbers survive being read as doubles. */

/**
 * Whether a double holds a JSON number exactly: read as a double and written again, it is the same
 * number. `5000.0`, `5e3` and `5000` are the same; `1e-400`, `4.9e-324` and 2^53 + 1 are not held.
 */
export function isExact(number: string): boolean {
  const value = Number(number);
  const written = String(value);
  return written === number || (Number.isFinite(value) && canonical(written) === canonical(number));
}

/** The sign, the significant digits and the power of ten, so that equal numbers are equal text. */
function canonical(number: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(number);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  let end = digits.length;
  while (digits[end - 1] === "0") end -= 1;
  if (end === 0) return "0";
  const power = Number(exponent) - fraction.length + (digits.length - end);
  return `${sign}${digits.slice(0, end)}e${power}`;
}
