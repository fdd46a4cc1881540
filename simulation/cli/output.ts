/** Where the command line writes, so that data and progress never mix. */
import { withoutRemainders } from "../numbers.ts";
import { createInk, type Paint } from "../terminal/paint.ts";
import { printableLine } from "../terminal/printable.ts";

/** Standard output of one command, in colour or without. */
export interface Output {
  readonly paint: Paint;
  /** Standard output: what was asked for. */
  print(text: string): void;
  printJson(value: unknown): void;
}

/** Colours only a terminal, and not where NO_COLOR is set (https://no-color.org). */
export function createOutput(colorWanted: boolean): Output {
  const ink = createInk(colorWanted && process.stdout.isTTY && !process.env["NO_COLOR"]);
  const print = (text: string) => void process.stdout.write(`${ink.shown(text)}\n`);
  return {
    paint: ink.paint,
    print,
    printJson: (value) => print(JSON.stringify(value, withoutRemainders, 2)),
  };
}

/** One line on standard error about what went wrong. */
export const complain = (reason: string): void =>
  void process.stderr.write(`simulate: ${printableLine(reason)}\n`);
