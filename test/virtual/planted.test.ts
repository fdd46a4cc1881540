import { expect, test } from "vitest";
import { plantedFaults } from "../../src/virtual/planted/planted.ts";
import { electionFaultsPlanted } from "../../src/virtual/planted/planted-elections.ts";
import { plantAndHunt } from "./plant.ts";

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
