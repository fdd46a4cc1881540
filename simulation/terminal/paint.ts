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
export const createPaint = (colored: boolean): Paint =>
  colored
    ? (ink, text) => `\u001b[${codes[ink][0]}m${text}\u001b[${codes[ink][1]}m`
    : (_ink, text) => text;
