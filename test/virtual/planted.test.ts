import { expect, test } from "vitest";
import { plantAndHunt } from "./plant.ts";
import { plantedFaults } from "./planted.ts";
import { electionFaultsPlanted } from "./planted-elections.ts";

const seeds = 300;

test("a copy without a planted fault passes", async () => {
  const { caught, report } = await plantAndHunt(undefined, 20);
  expect(caught, report).toBe(false);
  expect(report).toContain("20 seeds");
});

test.concurrent.for([...plantedFaults, ...electionFaultsPlanted])(
  "is caught: $name",
  async (fault, { expect }) => {
    const { caught, report } = await plantAndHunt(fault, seeds);
    expect(caught, `nobody noticed in ${seeds} seeds\n${report}`).toBe(true);
  },
);
