import { expect, test } from "vitest";
import { z } from "zod";
import { callJson } from "../http/client.ts";
import { createProcessesTarget } from "./processes.ts";

const status = z.object({
  uptimeSeconds: z.number(),
  config: z.object({ writeQuorum: z.number(), followerDelays: z.record(z.string(), z.unknown()) }),
});

test("the next quorum is set on nodes that go on running, so that their code stays compiled", async () => {
  const { signal } = new AbortController();
  const delay = { minDelayMs: 1, maxDelayMs: 2 };
  const followerDelays = { follower2: delay };
  const target = await createProcessesTarget({
    followers: 2,
    minDelay: 0,
    maxDelay: 0,
    followerDelays,
  });
  try {
    const { leader } = await target.prepare(1, signal);
    const first = await callJson(`${leader.url}/status`, status);
    expect(first.config).toEqual({ writeQuorum: 1, followerDelays });
    const later = await target.prepare(2, signal);
    expect(later.leader).toEqual(leader);
    const second = await callJson(`${leader.url}/status`, status);
    expect(second.config).toEqual({ writeQuorum: 2, followerDelays });
    expect(second.uptimeSeconds).toBeGreaterThanOrEqual(first.uptimeSeconds);
  } finally {
    await target.close();
  }
});
