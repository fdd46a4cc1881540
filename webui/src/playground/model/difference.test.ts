import { expect, test } from "vitest";
import { record } from "../../../../src/virtual/playground/record.ts";
import { differenceOf } from "./difference.ts";

const story =
  "> cluster followers=2 quorum=1\n> write a=1\n> read leader a\n> run 20ms\n> status\n";

test("the first command that says something else, with both sayings, at its last moment", async () => {
  const [one, other] = [await record(story), await record(story)];
  expect(differenceOf(one, other)).toBeUndefined();
  const said = new Map(other.said).set(2, ["a: 2 at version 1"]).set(4, []);
  const found = differenceOf(one, { ...other, said });
  expect(found).toMatchObject({
    ...{ command: "read leader a", says: "a: 1 at version 1", instead: "a: 2 at version 1" },
  });
  expect(one.moments[found?.moment ?? 0]?.text).toContain("read a: 1 at version 1");
  expect(one.moments[(found?.moment ?? 0) + 1]?.line).toBe(3);
});

test("a line more or less is a difference", async () => {
  const one = await record(story);
  const said = new Map(one.said).set(4, (one.said.get(4) ?? []).slice(0, -1));
  const found = differenceOf(one, { ...one, said });
  expect(found?.command).toBe("status");
  expect(found?.says).toMatch(/^follower2 /);
  expect(found?.instead).toBe("");
});
