/** A value on the command line: JSON text, from an argument, a file or standard input. */
import { readFile } from "node:fs/promises";
import { CommandError } from "./exit-codes.ts";
import type { Io } from "./io.ts";

/** What looks like JSON and is not was meant to be JSON. */
const looksLikeJson = /^\s*(?:[{["\d-]|true\b|false\b|null\b)/;

/** The text of an argument, of `@file`, or of standard input for `-`. */
export async function textOfArgument(argument: string, io: Io): Promise<string> {
  if (argument === "-") return await textOfInput(io);
  if (!argument.startsWith("@")) return argument;
  const path = argument.slice(1);
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

async function textOfInput({ stdin }: Io): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stdin) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * The JSON text of a value. An argument that does not look like JSON is a string; files and standard
 * input must be JSON, so that half a file is not stored as a string. `asString` takes the text as it is.
 */
export async function valueTextOf(argument: string, asString: boolean, io: Io): Promise<string> {
  const text = await textOfArgument(argument, io);
  if (asString) return JSON.stringify(text);
  const problem = problemOf(text);
  if (problem === undefined) return text.trim();
  const isPlain = text === argument && !looksLikeJson.test(text);
  if (isPlain) return JSON.stringify(text);
  throw new CommandError(`the value is not JSON (${problem}); --string stores it as a string`);
}

function problemOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What `-o raw` prints of a value: a string without its quotes, and everything else as it is. */
export const rawValue = (text: string): string => (text.startsWith('"') ? JSON.parse(text) : text);
