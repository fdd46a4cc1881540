/** The tables of a run, as Markdown on standard output and, if asked for, in a document. */
import { readFileSync, writeFileSync } from "node:fs";

/** Cells are Markdown; the first column stands left, the others right. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below it. */
  readonly notes: readonly string[];
}

export function toMarkdown({ columns, rows, notes }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = `|---|${"---:|".repeat(columns.length - 1)}`;
  const lines = [line(columns), rule, ...rows.map(line), "", ...notes.map((note) => `- ${note}`)];
  return lines.join("\n").trimEnd();
}

const startOf = (name: string): string =>
  `<!-- benchmark ${name}: made by \`npm run benchmark -- --only ${name} --write FILE\` -->`;
const end = "<!-- end of benchmark -->";

/** Throws where the document has no place for it. */
export function replaceTable(document: string, name: string, markdown: string): string {
  const start = startOf(name);
  const from = document.indexOf(start);
  const to = document.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`the document has no lines ${start} … ${end}`);
  return `${document.slice(0, from + start.length)}\n\n${markdown}\n\n${document.slice(to)}`;
}

/** Each table once it is there, so that a run that is broken off leaves those before it. */
export function writeTable(file: string, name: string, markdown: string): void {
  writeFileSync(file, replaceTable(readFileSync(file, "utf8"), name, markdown));
}
