import { expect, test } from "vitest";
import * as stopping from "../../src/node/stopping.ts";
import { stopUnderLoad } from "./stopping.ts";

test("whoever waits for a stop waits longer than what it waits for", () => {
  const { inFlightMsMax, answersMsMax, callsMsMax, nodeStopMsMax, processStopMsMax } = stopping;
  expect(answersMsMax).toBeGreaterThan(inFlightMsMax);
  expect(nodeStopMsMax).toBeGreaterThan(answersMsMax + callsMsMax);
  expect(processStopMsMax).toBeGreaterThan(nodeStopMsMax);
  // Promised to whoever sends SIGTERM, in docs/operations.md.
  expect(nodeStopMsMax).toBeLessThan(5_000);
});

test("two stops under full load are orderly and lose nothing", async () => {
  await stopUnderLoad({ times: 2, log: () => undefined });
});
