/** Where two recordings of one text first go different ways: with a planted fault, and without it. Pure. */
import type { Recording } from "./moments.ts";

export interface Difference {
  /** Where the command says something else. */
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
          moment: momentOf(one, line, says[at] ?? instead[at] ?? ""),
          command: words.replace(/^> /, ""),
          ...{ says: says[at] ?? "", instead: instead[at] ?? "" },
        };
  }
  return undefined;
}

/** A line may begin with how long after the command it was said; without that, it was at the end. */
function momentOf({ moments }: Recording, line: number, words: string): number {
  const first = moments.findIndex((moment) => moment.line === line);
  const passed = /^\+([\d.]+) ms/.exec(words)?.[1];
  const lastAt = (moments[first - 1]?.at ?? 0) + Number(passed ?? Number.POSITIVE_INFINITY);
  const found = moments.findLast(({ line: own, at }) => own === line && at <= lastAt + roundingMs);
  return found?.index ?? Math.max(0, first);
}

const roundingMs = 0.05;
