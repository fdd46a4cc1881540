/**
 * Rounds of attacks on a real cluster, all drawn from one seed. After each round a client that does
 * nothing wrong must have been served, and the nodes must be up, small and equal.
 */
import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import type { Cluster } from "../support/cluster.ts";
import { type Attack, attack } from "./attacks.ts";
import { residentMiB } from "./memory.ts";
import type { WellBehavedClient } from "./well-behaved.ts";

/** What a campaign did, and what came of it. */
export interface Figures {
  readonly seed: number;
  rounds: number;
  attacks: number;
  /** How often what came back, by kind of attack and outcome. */
  readonly outcomes: Map<string, number>;
  /** Rounds of writing and reading of the client that does nothing wrong. */
  served: number;
  peakMiB: number;
}

interface Campaign {
  readonly cluster: Cluster;
  readonly client: WellBehavedClient;
  readonly seed: number;
  /** Whether another round is wanted. */
  readonly goesOn: (rounds: number) => boolean;
  readonly attacksPerRound: number;
  readonly memoryMiBMax: number;
}

/** Throws with the seed and the round where a promise is broken. */
export async function runCampaign(campaign: Campaign): Promise<Figures> {
  const { cluster, client, seed } = campaign;
  const figures: Figures = {
    ...{ seed, rounds: 0, attacks: 0, served: 0, peakMiB: 0 },
    outcomes: new Map(),
  };
  while (campaign.goesOn(figures.rounds)) {
    const round = figures.rounds;
    try {
      // A seed of its own for each round: the same ones come back, however long the run.
      const drawn = fc.sample(attack, { seed: seed + round, numRuns: campaign.attacksPerRound });
      await Promise.all(drawn.map((each) => carryOut(each, cluster, figures)));
      await client.progress(1);
      await checkNodes(campaign, figures);
    } catch (error) {
      throw new Error(`round ${round} of seed ${seed}`, { cause: error });
    }
    figures.rounds += 1;
  }
  return figures;
}

async function carryOut(each: Attack, cluster: Cluster, figures: Figures): Promise<void> {
  const outcome = `${each.kind}: ${await each.run(cluster, each.at)}`;
  figures.attacks += 1;
  figures.outcomes.set(outcome, (figures.outcomes.get(outcome) ?? 0) + 1);
}

async function checkNodes(
  { cluster, client, memoryMiBMax }: Campaign,
  figures: Figures,
): Promise<void> {
  const { calls, errors } = client.look();
  figures.served += calls;
  const down = cluster.nodes.filter(({ isRunning }) => !isRunning).map(({ id }) => id);
  if (down.length > 0) throw new Error(`${down.join(", ")} died`);
  if (errors.length > 0) throw new Error(`others were not served: ${errors.join("; ")}`);
  const sizes = cluster.nodes.map(({ pid }) => residentMiB(pid));
  figures.peakMiB = Math.max(figures.peakMiB, ...sizes);
  if (figures.peakMiB > memoryMiBMax) throw new Error(`a node takes ${figures.peakMiB} MiB`);
  await equalStores(cluster);
}

interface Status {
  readonly applied: number;
  readonly digest: string;
}

/** Stores at one mark must be equal; the client goes on writing, so it may take several looks. */
async function equalStores({ nodes }: Cluster): Promise<void> {
  for (let look = 1; look <= 1000; look += 1) {
    const all = await Promise.all(
      nodes.map(async ({ url }) => (await fetch(`${url}/status`)).json() as Promise<Status>),
    );
    const [first, ...others] = all;
    if (others.every(({ applied }) => applied === first?.applied)) {
      if (others.every(({ digest }) => digest === first?.digest)) return;
      throw new Error(`stores differ: ${JSON.stringify(all)}`);
    }
    await wait(10);
  }
  throw new Error("the stores never stood at one mark");
}

/** The figures as lines for people. */
export function describeFigures(figures: Figures): string {
  const { seed, rounds, attacks, served, peakMiB, outcomes } = figures;
  const lines = [...outcomes]
    .toSorted(([left], [right]) => left.localeCompare(right))
    .map(([outcome, count]) => `  ${String(count).padStart(7)}  ${outcome}`);
  return [
    `seed ${seed}: ${attacks} attacks in ${rounds} rounds`,
    ...lines,
    `  ${String(served).padStart(7)}  rounds of writes and reads by others, all served`,
    `peak memory of a node: ${Math.round(peakMiB)} MiB; all nodes up, all stores equal`,
  ].join("\n");
}
