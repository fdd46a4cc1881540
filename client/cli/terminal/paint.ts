/** Colour on a terminal, unless NO_COLOR is set (https://no-color.org). */
import type { Io } from "../io.ts";

type Ink = "bold" | "dim" | "red" | "green" | "yellow";
export type Paint = (ink: Ink, text: string) => string;

const codes: Readonly<Record<Ink, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

export const paintFor = ({ stdout, env }: Io): Paint =>
  stdout.isTTY === true && !env["NO_COLOR"]
    ? (ink, text) => `\u001b[${codes[ink][0]}m${text}\u001b[${codes[ink][1]}m`
    : (_ink, text) => text;
