/** What load/turns-probe.ts has said of the event loop of a node. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export const turnsProbe = fileURLToPath(new URL("../load/turns-probe.ts", import.meta.url));

const schema = z.object({ at: z.number(), lateMs: z.number(), turnMs: z.number() });

/** The longest since an instant of the wall clock. */
export interface LongestTurn {
  /** Of the thread's own work. */
  readonly turnMs: number;
  /** With what it waited for a processor. */
  readonly lateMs: number;
}

export function longestTurn(file: string, since: number): LongestTurn {
  const said = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => schema.parse(JSON.parse(line)))
    .filter(({ at }) => at >= since);
  const longest = (of: (each: z.infer<typeof schema>) => number) => Math.max(0, ...said.map(of));
  return { turnMs: longest(({ turnMs }) => turnMs), lateMs: longest(({ lateMs }) => lateMs) };
}
