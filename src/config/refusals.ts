/** The sentences that stop a start because of a setting. */

/** A setting that stops the start. The message names the variable, its value and its range. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** `range` completes the sentence "it must be …". */
export const refusal = (name: string, value: string, range: string): ConfigError =>
  new ConfigError(`${name} is ${quoted(value)}, but must be ${range}.`);

/** A value in quotes on one line, cut where it is long. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
