import { printable } from "./printable.ts";

/** Colour where the terminal shows it and nobody asked to leave it out. */
export type Ink = "bold" | "dim" | "red" | "green" | "yellow" | "blue";
/** Wraps text in the codes of an ink, or leaves it as it is. */
export type Paint = (ink: Ink, text: string) => string;

const codes: Readonly<Record<Ink, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
};

/** Without colour every text stays as it is. */
const createPaint = (colored: boolean): Paint =>
  colored
    ? (ink, text) => `\u001b[${codes[ink][0]}m${text}\u001b[${codes[ink][1]}m`
    : (_ink, text) => text;

/** A paint, and what a terminal may see of a text that it was used in: colours and nothing else. */
export function createInk(colored: boolean): { paint: Paint; shown(text: string): string } {
  const known = new Set(
    Object.values(codes).flatMap((pair) => pair.map((code) => `\u001b[${code}m`)),
  );
  const shown = (text: string): string =>
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what starts a colour
      .split(/(\u001b\[\d+m)/)
      .map((part) => (colored && known.has(part) ? part : printable(part)))
      .join("");
  return { paint: createPaint(colored), shown };
}
