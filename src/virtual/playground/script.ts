/** Which lines of a story a person wrote. */

export const isCommand = (line: string): boolean => line.startsWith("> ");

/** Prose, a prediction (`?`), its answer (`!`), or nothing. */
const isKept = (line: string): boolean => /^($|[#?!])/.test(line);

/** Its lines without those that were recorded of its commands. */
export const scriptOf = (text: string): readonly string[] =>
  text.split(/\r?\n/).filter((line) => isCommand(line) || isKept(line));
