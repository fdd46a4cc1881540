import type { Recording } from "./moments.ts";

/**
 * The text that ends in this moment, so that a deed can be appended: a command that is still under way then ends at
 * the moment's point. Played, it ends in exactly this moment.
 */
export function textUntil({ text, moments }: Recording, index: number): string {
  const moment = moments[index];
  if (moment === undefined) throw new RangeError(`no moment ${index}`);
  const { line, point } = moment;
  const last = line < 0 ? text.findIndex((other) => other.startsWith("> ")) : line + 1;
  const lines = text.slice(0, last < 0 ? text.length : last);
  const command = lines.at(-1);
  if (point !== undefined && command !== undefined)
    lines[lines.length - 1] = `${command.replace(/\s+until=#\d+/, "")} until=#${point}`;
  return lines.map((one) => `${one}\n`).join("");
}
