/**
 * Text from elsewhere on its way to a terminal. A name, a reason or a key could otherwise clear the screen,
 * set its title, paste a command or make one line look like several.
 */

/**
 * C0 but for the tab, DEL, C1, line separators, and what changes the direction of text. A lone half of a
 * surrogate pair is no character either.
 */
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/** One line that shows such characters as `\u001b`, and changes nothing else. JSON keeps its meaning. */
export const printable = (text: string): string =>
  text.replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
