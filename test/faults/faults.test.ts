/**
 * A short campaign in the test command; `npm run test:faults` runs long ones. One round for each
 * kind of fault that has cost other stores their data.
 */
import { expect, test } from "vitest";
import { runCampaign } from "./campaign.ts";

const rounds = ["killAll", "wipeLeader", "silentLinks", "wipeFollower", "freezeAll"];

test("real faults cost no acknowledged write, and every answer was true", async () => {
  const lines: string[] = [];
  const seed = Number(process.env["SEED"] ?? 20_261_122);
  const campaign = { seed, rounds: rounds.length, first: rounds };
  const report = await runCampaign({ ...campaign, log: (line) => lines.push(line) }).catch(
    (error: unknown) => {
      throw new Error(lines.join("\n"), { cause: error });
    },
  );
  expect(report.done["kill -9"]).toBe(8);
  expect(report.calls).toBeGreaterThan(100);
});

test("a cluster that loses acknowledged writes is found out", async () => {
  const memory = { seed: 1, rounds: 1, first: ["killAll"], disk: false, log: () => undefined };
  await expect(runCampaign(memory)).rejects.toThrow("not linearizable");
});
