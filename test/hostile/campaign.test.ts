import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { runCampaign } from "./campaign.ts";
import { clusterOptions, memoryMiBMax } from "./nodes.ts";
import { WellBehavedClient } from "./well-behaved.ts";

let cluster: Cluster;
let client: WellBehavedClient;
beforeAll(async () => {
  cluster = await startCluster(clusterOptions);
  client = new WellBehavedClient(cluster);
});
afterAll(async () => {
  await client?.stop();
  await cluster?.close();
});

test("a short campaign from a fixed seed: others are served, nodes stay up, small and equal", async () => {
  const figures = await runCampaign({
    ...{ cluster, client, memoryMiBMax, seed: 7, attacksPerRound: 40 },
    goesOn: (rounds) => rounds < 6,
  });
  expect(figures).toMatchObject({ rounds: 6, attacks: 240 });
  const kinds = new Set([...figures.outcomes.keys()].map((outcome) => outcome.split(":")[0]));
  expect(kinds.size).toBe(8);
});
