/** Where two recordings of one text first go different ways: with a planted fault, and without it. Pure. */
import type { Recording } from "./moments.ts";

export interface Difference {
  /** The last moment of the command that says something else. */
  readonly moment: number;
  /** Without `> `. */
  readonly command: string;
  /** Its first line that differs; empty: it says nothing there. */
  readonly says: string;
  readonly instead: string;
}

/** Undefined: all commands say the same. */
export function differenceOf(one: Recording, other: Recording): Difference | undefined {
  for (const [line, words] of one.text.entries()) {
    const [says, instead] = [one, other].map(({ said }) => said.get(line) ?? []);
    if (says === undefined || instead === undefined) continue;
    const count = Math.max(says.length, instead.length);
    for (let at = 0; at < count; at += 1)
      if (says[at] !== instead[at])
        return {
          moment: one.moments.findLast((moment) => moment.line === line)?.index ?? 0,
          command: words.replace(/^> /, ""),
          ...{ says: says[at] ?? "", instead: instead[at] ?? "" },
        };
  }
  return undefined;
}
