/** Rows of text under a head, without lines between them. */
import Table from "cli-table3";
import type { Paint } from "./paint.ts";
import { visible } from "./visible.ts";

const none = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
  ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
  ...{ left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
};

/** Cells are text of others: control characters in them are shown, not sent. */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
  paint: Paint,
): string {
  const table = new Table({
    chars: none,
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
    head: head.map((name) => paint("bold", name)),
  });
  for (const row of rows) table.push(row.map((cell) => visible(String(cell ?? "–"))));
  return withoutTrailingSpace(table.toString());
}

const withoutTrailingSpace = (text: string): string => text.replaceAll(/ +$/gm, "");
