/** Where the command line writes, so that data and progress never mix. */
import { withoutDust } from "../numbers.ts";
import { createPaint, type Paint } from "../terminal/paint.ts";

export interface Output {
  readonly paint: Paint;
  /** Standard output: what was asked for. */
  print(text: string): void;
  printJson(value: unknown): void;
}

export const createOutput = (colorWanted: boolean): Output => ({
  paint: createPaint(colorWanted && process.stdout.isTTY && !process.env["NO_COLOR"]),
  print: (text) => void process.stdout.write(`${text}\n`),
  printJson: (value) => void process.stdout.write(`${JSON.stringify(value, withoutDust, 2)}\n`),
});
