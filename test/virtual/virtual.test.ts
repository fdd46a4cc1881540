import { expect, test } from "vitest";
import { Run } from "../../src/virtual/runs/run.ts";
import { accountOf } from "../../src/virtual/world/account.ts";
import { Coverage } from "../../src/virtual/world/coverage.ts";
import { wanted, wantedOfElections } from "./wanted.ts";

const seeds = 500;
const electionSeeds = 250;
/** A sure sign that something hangs: each takes about a minute on two cores that are not busy. */
const patience = { timeout: 900_000 };

test("one seed always tells the same story, event by event", async () => {
  const tell = async () => {
    const run = new Run(14);
    const lines: string[] = [];
    run.trace = (line) => lines.push(`${run.cluster.time.now()} ${line()}`);
    return { outcome: await run.tell(), lines };
  };
  const first = await tell();
  const second = await tell();
  expect(first.lines.length).toBeGreaterThan(500);
  expect(second.lines).toEqual(first.lines);
  expect(second.outcome).toEqual(first.outcome);
});

test("two seeds tell different stories", async () => {
  const { fingerprint } = await new Run(1).tell();
  expect((await new Run(2).tell()).fingerprint).not.toBe(fingerprint);
});

async function tellAll(count: number, failover: boolean): Promise<Coverage> {
  const coverage = new Coverage();
  for (let seed = 1; seed <= count; seed += 1) {
    const { coverage: met } = await new Run(seed, failover).tell().catch((cause: unknown) => {
      const kind = failover ? " --failover" : "";
      const replay = `npm run test:virtual --${kind} --seed ${seed} --trace`;
      throw new Error(`seed ${seed} fails; replay: ${replay}`, { cause });
    });
    coverage.add(met);
  }
  return coverage;
}

function mustExcuseLittle({ counts }: Coverage, failover: boolean): void {
  const { lines, excessive } = accountOf(counts, failover);
  console.info(lines.join("\n"));
  expect(excessive).toEqual([]);
}

test(
  `${seeds} seeds keep every promise, meet every fault, scene and situation, and excuse little`,
  patience,
  async () => {
    const coverage = await tellAll(seeds, false);
    expect(coverage.missing(wanted)).toEqual([]);
    mustExcuseLittle(coverage, false);
  },
);

test(
  `${electionSeeds} seeds in which any node may lead keep every promise, and meet every fault and situation`,
  patience,
  async () => {
    const coverage = await tellAll(electionSeeds, true);
    expect(coverage.missing(wantedOfElections, true)).toEqual([]);
    mustExcuseLittle(coverage, true);
  },
);
