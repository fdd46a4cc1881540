import { expect, test } from "vitest";
import { Chance } from "../../src/virtual/world/random.ts";
import { Leaderships } from "./leaderships.ts";

test("whatever leaderships follow each other, no recovery loses what one of them settled", () => {
  let settled = 0;
  for (let seed = 1; seed <= 10_000; seed += 1) settled += new Leaderships(new Chance(seed)).play();
  expect(settled).toBeGreaterThan(50_000);
});
