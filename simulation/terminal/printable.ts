/**
 * Text of a cluster on its way to the terminal: node ids, keys, values, reasons. They could otherwise clear
 * the screen, set its title, paste a command or turn the direction of what follows.
 */

/** C0 but for tab and line feed, DEL, C1, line separators, marks of direction, lone surrogates. */
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/** The same text with such characters as `\u001b`. JSON keeps its meaning. */
export const printable = (text: string): string =>
  text.replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** One line of it. */
export const printableLine = (text: string): string => printable(text).replaceAll("\n", "\\n");
