import { expect, test } from "vitest";
import type { Failure, Sample } from "../results/schema.ts";
import { seededRandom } from "../statistics/index.ts";
import { ClientScript } from "./client-script.ts";
import { keysOfClient, valueToWrite } from "./writes.ts";

const plan = { clients: 1, writes: 3, keys: 2, payload: 64, label: "q2r1" };

function begin(warmup: number) {
  const samples: Sample[] = [];
  const failures: Failure[] = [];
  const script = new ClientScript(
    {
      ...plan,
      quorum: 2,
      timeoutMs: 7000,
      warmup,
      sampled: (sample) => samples.push(sample),
      failed: (failure) => failures.push(failure),
    },
    { client: 4, keys: ["a", "b", "a"], span: { startedAt: undefined, lastAnswerAt: 0 } },
  );
  return { script, samples, failures };
}

const receipt = JSON.stringify({
  version: 12,
  latencyMs: 40.1234,
  acks: [{ node: "follower1", ms: 39.98765, delayMs: 39.5 }],
});
const problem = (code: string, type = "urn:quorumkv:problem:x") =>
  JSON.stringify({ type, code, detail: "a sentence" });

test("warm-up writes wait for nobody and are not measured", () => {
  const { script, samples } = begin(1);
  expect(JSON.parse(script.nextBody())).toMatchObject({ quorum: 0, key: "sweep/warmup-4" });
  script.departed(10);
  script.answered({ status: 200, latencyMs: 1, body: receipt, now: 11 });
  expect(samples).toEqual([]);
  expect(JSON.parse(script.nextBody())).toMatchObject({ quorum: 2, key: "a", trace: true });
});

test("a success keeps raw times, to the microsecond", () => {
  const { script, samples } = begin(0);
  script.nextBody();
  script.departed(100);
  script.answered({ status: 200, latencyMs: 41.23456, body: receipt, now: 141 });
  script.departed(142);
  script.answered({ status: 200, latencyMs: 2, body: receipt, now: 144 });
  expect(samples[0]).toEqual({
    client: 4,
    write: 0,
    key: "a",
    startedAtMs: 0,
    latencyMs: 41.235,
    settleMs: 40.123,
    version: 12,
    acks: [{ node: "follower1", ms: 39.988, delayMs: 39.5 }],
  });
  expect(samples[1]).toMatchObject({ write: 1, key: "b", startedAtMs: 42 });
});

test("refusals and unknown outcomes are told apart, and neither is a sample", () => {
  const { script, samples, failures } = begin(0);
  const answers = [
    { status: 503, body: problem("QUORUM_UNAVAILABLE") },
    { status: 504, body: problem("OUTCOME_UNKNOWN") },
    { status: 200, body: "not JSON" },
    // What a proxy answers says nothing about the write.
    { status: 503, body: "upstream connect error" },
    { status: 503, body: problem("OVERLOADED", "about:blank") },
    { status: 500, body: problem("INTERNAL") },
  ];
  for (const answer of answers) {
    script.departed(0);
    script.answered({ ...answer, latencyMs: 3, now: 3 });
  }
  script.departed(0);
  script.lost("the connection ended");
  expect(samples).toEqual([]);
  expect(failures.map(({ outcome, code }) => [outcome, code])).toEqual([
    ["refused", "QUORUM_UNAVAILABLE"],
    ["unknown", "OUTCOME_UNKNOWN"],
    ["unknown", "INTERNAL"],
    ["unknown", "INTERNAL"],
    ["unknown", "INTERNAL"],
    ["unknown", "INTERNAL"],
    ["unknown", "NO_ANSWER"],
  ]);
});

test("one write has one outcome", () => {
  const { script, samples, failures } = begin(0);
  script.departed(0);
  script.answered({ status: 200, latencyMs: 3, body: receipt, now: 3 });
  script.lost("late news");
  expect([samples.length, failures.length]).toEqual([1, 0]);
});

test("every key is written equally often, and values are as large as asked", () => {
  const keys = keysOfClient({ ...plan, writes: 10, keys: 5 }, 3, seededRandom(1));
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  expect([...counts.values()]).toEqual([2, 2, 2, 2, 2]);
  expect(JSON.stringify(valueToWrite(plan, 3, 2))).toHaveLength(64);
  const unique = keysOfClient({ ...plan, keys: null }, 3, seededRandom(1));
  expect(new Set(unique).size).toBe(3);
});
