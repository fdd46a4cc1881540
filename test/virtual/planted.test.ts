import { expect, test } from "vitest";
import { plantAndHunt } from "./plant.ts";
import { plantedFaults } from "./planted.ts";

const seeds = 300;
const budgetMs = 120_000;

test("a copy without a planted fault passes", async () => {
  const { caught, report } = await plantAndHunt(undefined, 20);
  expect(caught, report).toBe(false);
  expect(report).toContain("20 seeds");
}, 30_000);

test.concurrent.for(plantedFaults)(
  "is caught: $name",
  { timeout: budgetMs },
  async (fault, { expect }) => {
    const { caught, report } = await plantAndHunt(fault, seeds);
    expect(caught, `nobody noticed in ${seeds} seeds\n${report}`).toBe(true);
  },
);
