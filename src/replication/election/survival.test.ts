import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { electionNeeds } from "../floor-note.ts";
import { survivalOf } from "./survival.ts";

const note = (quorum: number) => ({ epoch: 1, number: 1, quorum, over: quorum, elected: true });
const of = (nodes: number, up: number, writeQuorum: number, floor = writeQuorum) =>
  survivalOf({ nodes, up, writeQuorum, electionNeeds: electionNeeds(nodes, note(floor)) });

test("six nodes with quorum 3 can lose three and still elect, two and still write and read", () => {
  expect(of(6, 6, 3)).toMatchObject({ elect: 3, write: 2, read: 2 });
  expect(of(6, 6, 3).sentence).toBe(
    "can lose 3 more nodes and still elect a leader, 2 and still write with quorum 3, 2 and still read at the leader",
  );
});

test("a higher quorum costs writes, and no elections", () => {
  expect(of(6, 6, 5)).toMatchObject({ elect: 3, write: 0, read: 2 });
});

test("a lower quorum costs elections until its writes are on enough nodes", () => {
  expect(of(6, 6, 1)).toMatchObject({ elect: 1, write: 1, read: 1 });
  expect(of(6, 6, 3, 1)).toMatchObject({ elect: 1, write: 1, read: 1 });
});

test("every node that is down counts", () => {
  expect(of(6, 4, 3)).toMatchObject({ elect: 1, write: 0, read: 0 });
  expect(of(6, 2, 3).sentence).toContain("electing a leader needs 3");
  expect(of(1, 1, 0)).toMatchObject({ elect: 0, write: 0, read: 0 });
});

test("what does not go on even now is not said to go on", () => {
  expect(of(6, 3, 3)).toMatchObject({ elect: 0, write: 0, read: 0 });
  expect(of(6, 3, 3).sentence).toBe(
    "can lose 0 more nodes and still elect a leader; " +
      "cannot write with quorum 3 until 4 nodes are up; cannot read at the leader until 4 nodes are up",
  );
  expect(of(6, 4, 4).sentence).toBe(
    "can lose 1 more node and still elect a leader, 0 and still read at the leader; " +
      "cannot write with quorum 4 until 5 nodes are up",
  );
});

test("the table in docs/operations.md says the same", () => {
  const page = readFileSync("docs/operations.md", "utf8");
  const rows = [...page.matchAll(/^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(4);
  for (const row of rows) {
    const [nodes = 0, quorum = 0, elect, write, read] = row.slice(1).map(Number);
    expect(of(nodes, nodes, quorum), row[0]).toMatchObject({ elect, write, read });
  }
});
