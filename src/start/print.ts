/** The one way from the launcher, and from whatever its nodes print, to the terminal. */
import { printable } from "../printable.ts";

/** Where lines go, such as standard output. */
interface Output {
  write(text: string): unknown;
}

/** Prints one line, whatever is in it. */
export const printTo =
  (output: Output) =>
  (line: string): void =>
    void output.write(`${printable(line)}\n`);
