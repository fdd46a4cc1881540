import { expect, test } from "vitest";
import { hunts } from "../../src/virtual/hunts.ts";
import { plantedFaults } from "../../src/virtual/planted/planted.ts";
import { electionFaultsPlanted } from "../../src/virtual/planted/planted-elections.ts";
import { plantAndHunt } from "./plant.ts";

const seeds = 300;

test("a copy without a planted fault passes", async () => {
  const { caught, report } = await plantAndHunt(undefined, 20);
  expect(caught, report).toBe(false);
  expect(report).toContain("20 seeds");
});

const faults = [...plantedFaults, ...electionFaultsPlanted];

test.concurrent.for(faults)("is caught: $name", async (fault, { expect }) => {
  const { caught, report } = await plantAndHunt(fault, seeds);
  expect(caught, `nobody noticed in ${seeds} seeds\n${report}`).toBe(true);
});

/** The others are caught by that very story above. */
const huntsLeft = hunts.filter(
  (hunt) => !faults.some(({ name, story }) => name === hunt.fault && isOf(hunt.story, story)),
);

function isOf(name: string, start = "none"): boolean {
  return name.startsWith(`${start}-`) || name === start;
}

test.concurrent.for(huntsLeft)(
  "goes another way, as the course says: $story, for $fault",
  async ({ fault: name, story }, { expect }) => {
    const fault = faults.find((planted) => planted.name === name);
    if (fault === undefined) throw new Error(`no planted fault ${name}`);
    const { caught, report } = await plantAndHunt({ ...fault, story }, 0);
    expect(caught, report).toBe(true);
  },
);
