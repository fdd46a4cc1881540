import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hunts } from "../../src/virtual/hunts.ts";
import { plantedFaults } from "../../src/virtual/planted/planted.ts";
import { electionFaultsPlanted } from "../../src/virtual/planted/planted-elections.ts";
import type { PlantedFault } from "../../src/virtual/planted/planted-fault.ts";
import { Hunters } from "./hunters.ts";
import { plantAndHunt } from "./plant.ts";
import { storiesFolder } from "./playing.ts";

const seeds = 300;
const faults = [...plantedFaults, ...electionFaultsPlanted];
/** They are worked out once, when a module is loaded: no switch can change them afterwards. */
const isOfConstants = ({ file }: PlantedFault) => file === "replication/lease.ts";

let hunters: Hunters;
beforeAll(async () => {
  hunters = await Hunters.train();
});
afterAll(() => hunters.end());

const fileOf = (story: string): string => {
  const file = readdirSync(storiesFolder).find((name) => isOf(name.replace(/\.txt$/, ""), story));
  if (file === undefined) throw new Error(`there is no story ${story}`);
  return join(storiesFolder, file);
};
const hunt = ({ name, story, seed, failover = false }: PlantedFault, seedsMax: number) =>
  hunters.hunt({
    ...{ fault: name, seeds: seedsMax, firstSeed: seed, failover },
    story: story === undefined ? undefined : fileOf(story),
  });

test.concurrent.for([false, true])(
  "without a fault nothing is seen, failover: %s",
  async (failover, { expect }) => {
    const order = { fault: undefined, story: undefined, seeds: 20, failover };
    expect(await hunters.hunt(order)).toBeUndefined();
  },
);

test.concurrent.for(faults.filter((fault) => !isOfConstants(fault)))(
  "is caught: $name",
  async (fault, { expect }) => {
    expect(await hunt(fault, seeds), `nobody noticed in ${seeds} seeds`).toBeDefined();
  },
);

test("a copy of the source without a planted fault passes", async () => {
  const { caught, report } = await plantAndHunt(undefined, 20);
  expect(caught, report).toBe(false);
  expect(report).toContain("20 seeds");
});

test.concurrent.for(faults.filter(isOfConstants))(
  "is caught in a copy of the source: $name",
  async (fault, { expect }) => {
    const { caught, report } = await plantAndHunt(fault, seeds);
    expect(caught, `nobody noticed in ${seeds} seeds\n${report}`).toBe(true);
  },
);

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
    expect(await hunt({ ...fault, story }, 0)).toBeDefined();
  },
);
