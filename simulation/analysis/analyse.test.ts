import { expect, test } from "vitest";
import { type SyntheticOptions, syntheticResults } from "../../test/simulation/synthetic.ts";
import type { Results } from "../results/schema.ts";
import { analyse, verdictOnQuorum } from "./analyse.ts";
import type { VerdictState } from "./noise.ts";
import type { Verdict } from "./verdict.ts";

const states = (results: Results) =>
  Object.fromEntries(analyse(results).verdicts.map(({ id, state }) => [id, state])) as Record<
    Verdict["id"],
    VerdictState
  >;

function changed(
  change: (pass: Results["passes"][number]) => Partial<Results["passes"][number]>,
  options: SyntheticOptions = {},
): Results {
  const results = syntheticResults(options);
  return { ...results, passes: results.passes.map((pass) => ({ ...pass, ...change(pass) })) };
}

test("a perfect store passes every verdict", () => {
  expect(states(syntheticResults())).toEqual({
    prediction: "passed",
    overhead: "passed",
    even: "passed",
    rising: "passed",
    failures: "passed",
    differences: "passed",
  });
});

test("an own cost above 5 ms fails, unless the machine was noisy", () => {
  const slow = { overheadMs: 9 };
  expect(states(syntheticResults(slow)).overhead).toBe("failed");
  const noise = { meanMs: 1, p99Ms: 12, maxMs: 40 };
  expect(states(changed(() => ({ noise }), slow)).overhead).toBe("inconclusive");
  expect(states(changed(() => ({ noise }))).overhead).toBe("passed");
  const { environment, ...rest } = syntheticResults(slow);
  const busy = { ...rest, environment: { ...environment, loadBefore: 7 } };
  expect(states(busy).overhead).toBe("inconclusive");
});

test("latency that the elapsed delays do not explain fails the prediction", () => {
  expect(states(syntheticResults({ overheadMs: 60 })).prediction).toBe("failed");
});

test("a clear fall of the mean fails, one within chance does not", () => {
  const results = syntheticResults({ quorums: [1, 2] });
  const [first, second] = results.passes;
  if (first === undefined || second === undefined) throw new Error("two passes");
  const swapped = [
    { ...first, samples: second.samples, quorum: 1 },
    { ...second, samples: first.samples, quorum: 2 },
  ];
  expect(states({ ...results, passes: swapped }).rising).toBe("failed");
  const few = (pass: typeof first, latencies: readonly number[]) => ({
    ...pass,
    samples: pass.samples
      .slice(0, latencies.length)
      .map((sample, index) => ({ ...sample, latencyMs: latencies[index] ?? 0 })),
  });
  const close = [few(first, [100, 300, 310]), few(second, [90, 280, 305])];
  expect(states({ ...results, passes: close }).rising).toBe("inconclusive");
});

test("one refused write fails its verdict and is in no latency", () => {
  const failure = {
    client: 0,
    write: 0,
    key: "k",
    startedAtMs: 0,
    latencyMs: 1,
    outcome: "refused" as const,
    status: 503,
    code: "OVERLOADED",
    detail: "full",
  };
  const results = changed((pass) => (pass.quorum === 3 ? { failures: [failure] } : {}));
  const analysis = analyse(results);
  expect(analysis.verdicts.find(({ id }) => id === "failures")).toMatchObject({
    state: "failed",
    detail: "of 501 writes 1 were refused and 0 had an unknown outcome",
  });
  expect(verdictOnQuorum(analysis, 3)).toBe("failed");
  expect(verdictOnQuorum(analysis, 2)).toBe("passed");
  expect(analysis.quorums[2]).toMatchObject({ samples: 100, refused: 1 });
});

test("a store that still differs after settling fails", () => {
  const results = changed((pass) => ({
    comparisons: pass.comparisons.map((one) => ({ ...one, moment: "settled" as const })),
  }));
  expect(states(results).differences).toBe("failed");
});

test("overhead is the latency less the k-th smallest elapsed delay", () => {
  const [one] = analyse(syntheticResults({ quorums: [3], overheadMs: 2 })).quorums;
  expect(one?.overhead?.meanMs).toBeGreaterThan(1.5);
  expect(one?.overhead?.meanMs).toBeLessThan(3);
  expect((one?.latency?.meanMs ?? 0) - (one?.tracedMs ?? 0)).toBeCloseTo(
    one?.overhead?.meanMs ?? 0,
  );
});

test("the headline says what was found", () => {
  expect(analyse(syntheticResults()).headline).toMatch(
    /^Each further ack costs about \d+ ms: from \d+ ms at quorum 1 to \d+ ms at quorum 5, as theory predicts .*; the store itself adds at most 1\.\d ms on average; all stores end up equal\.$/,
  );
  const cut = { ...syntheticResults({ quorums: [2] }), cutShort: "interrupted" };
  expect(analyse(cut).headline).toMatch(/^At quorum 2 a write takes .* Cut short: interrupted\.$/);
  expect(analyse({ ...cut, passes: [] }).headline).toBe("Nothing was measured: interrupted.");
});
