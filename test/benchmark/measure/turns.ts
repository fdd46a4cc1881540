/** What load/turns-probe.ts has said of the event loop of a node. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export const turnsProbe = fileURLToPath(new URL("../load/turns-probe.ts", import.meta.url));

const schema = z.object({
  at: z.number(),
  serves: z.boolean(),
  lateMs: z.number(),
  turnMs: z.number(),
});

/** The longest of some turns. */
interface LongestTurn {
  /** Of the thread's own work. */
  readonly turnMs: number;
  /** With what it waited for a processor. */
  readonly lateMs: number;
}

/** Since an instant of the wall clock: before a process listened on its first port, and from then on. */
export interface LongestTurns {
  readonly start: LongestTurn;
  readonly service: LongestTurn;
}

export function longestTurns(file: string, since: number): LongestTurns {
  const said = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => schema.parse(JSON.parse(line)))
    .filter(({ at }) => at >= since);
  const longest = (wanted: boolean): LongestTurn => {
    const some = said.filter(({ serves }) => serves === wanted);
    return {
      turnMs: Math.max(0, ...some.map(({ turnMs }) => turnMs)),
      lateMs: Math.max(0, ...some.map(({ lateMs }) => lateMs)),
    };
  };
  return { start: longest(false), service: longest(true) };
}
