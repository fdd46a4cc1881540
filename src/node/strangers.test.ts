import { expect, test } from "vitest";
import { pacedLinesMax } from "./paced-log.ts";
import { Strangers } from "./strangers.ts";

test("whatever strangers call themselves and ask for, they cause few lines", () => {
  const lines: string[] = [];
  const note = (_: object, line: string) => void lines.push(line);
  const log = { debug: note, info: note, warn: note, error: note };
  const strangers = new Strangers(log, { now: () => 0 });
  for (let number = 0; number < 1000; number++) {
    const [leader, reason] = [`stranger${number}`, `reason ${number}`];
    strangers.refused(leader, reason);
    strangers.refuses("leader", reason);
    strangers.mayNotLead({ leader: "leader", epoch: number, reason }, "nothing was promised");
    strangers.snapshotRefused("leader", reason);
    strangers.waitsFor(leader, "cluster");
  }
  expect(lines).toHaveLength(pacedLinesMax);
});

test("one that asks again and again causes one line for each reason", () => {
  const lines: string[] = [];
  const note = (_: object, line: string) => void lines.push(line);
  const log = { debug: note, info: note, warn: note, error: note };
  const strangers = new Strangers(log, { now: () => 0 });
  for (let time = 0; time < 10; time++)
    for (const reason of ["another cluster", "no member"]) strangers.refused("x", reason);
  expect(lines).toEqual([
    "x is no node of this cluster and is refused: another cluster",
    "x is no node of this cluster and is refused: no member",
  ]);
});
