/** Where the command line writes, so that data and progress never mix. */
import { withoutRemainders } from "../numbers.ts";
import { createPaint, type Paint } from "../terminal/paint.ts";

/** Standard output of one command, in colour or without. */
export interface Output {
  readonly paint: Paint;
  /** Standard output: what was asked for. */
  print(text: string): void;
  printJson(value: unknown): void;
}

/** Colours only a terminal, and not where NO_COLOR is set (https://no-color.org). */
export const createOutput = (colorWanted: boolean): Output => ({
  paint: createPaint(colorWanted && process.stdout.isTTY && !process.env["NO_COLOR"]),
  print: (text) => void process.stdout.write(`${text}\n`),
  printJson: (value) =>
    void process.stdout.write(`${JSON.stringify(value, withoutRemainders, 2)}\n`),
});
