/** Tables for a terminal, from the same rows as those of the report. */
import type { Table } from "../report/table.ts";
import type { Paint } from "./paint.ts";

/** Columns as wide as their widest cell; figures stand to the right, words to the left. */
export function tableText(table: Table, paint: Paint): string {
  const widths: number[] = [];
  for (const row of table) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  const [head = [], ...rows] = table;
  const wordy = head.map((_, index) => rows.some((row) => /^[a-zA-Z✓✗?]/.test(row[index] ?? "")));
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return wordy[index] === true ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return [paint("dim", `  ${line(head)}`), ...rows.map((row) => `  ${line(row)}`)].join("\n");
}
