/**
 * Text of others on a terminal. Keys, values and ids may hold control characters, which would move the
 * cursor or change what was printed before, and characters that turn the direction of text round.
 */

const line = String.raw`\u2028\u2029`;
const direction = String.raw`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff`;
const control = String.raw`\u0000-\u001f\u007f-\u009f`;
const hidden = new RegExp(`[${control}${line}${direction}]`, "g");
/** JSON text may have line ends between its parts; inside strings they are escaped already. */
const hiddenInJson = new RegExp(String.raw`[\u007f-\u009f${line}${direction}]`, "g");

const hex = (char: string): string => char.charCodeAt(0).toString(16).padStart(4, "0");

/** Each such character as `\u001b`. */
export const visible = (text: string): string =>
  text.replaceAll(hidden, (char) => `\\u${hex(char)}`);

/** The same for JSON text, which stays the same JSON. */
export const escapedJson = (text: string): string =>
  text.replaceAll(hiddenInJson, (char) => `\\u${hex(char)}`);

/** At most that many characters, with a sign that more follow. */
export function shortened(text: string, charactersMax: number): string {
  const characters = [...text];
  if (characters.length <= charactersMax) return text;
  return `${characters.slice(0, charactersMax - 1).join("")}…`;
}
