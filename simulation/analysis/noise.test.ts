import fc from "fast-check";
import { expect, test } from "vitest";
import { type SyntheticOptions, syntheticResults } from "../../test/simulation/synthetic.ts";
import type { Results, Sample } from "../results/schema.ts";
import { seededRandom } from "../statistics/index.ts";
import { analyse } from "./analyse.ts";
import { judge } from "./noise.ts";
import type { Verdict } from "./verdict.ts";

type Pass = Results["passes"][number];

function changed(change: (pass: Pass) => Partial<Pass>, options?: SyntheticOptions): Results {
  const results = syntheticResults(options);
  return { ...results, passes: results.passes.map((pass) => ({ ...pass, ...change(pass) })) };
}
const loaded = (results: Results, load: Partial<Results["environment"]>): Results => ({
  ...results,
  environment: { ...results.environment, ...load },
});
function verdict(results: Results, id: Verdict["id"]) {
  const found = analyse(results).verdicts.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no verdict on ${id}`);
  return found;
}
const slower = (sample: Sample, ms: number): Sample => ({
  ...sample,
  latencyMs: sample.latencyMs + ms,
});
const short = { minDelayMs: 0, maxDelayMs: 60 };
const shortDelays = [short, short, short, short, short];
const late = { meanMs: 9, p99Ms: 93, maxMs: 140 };

/** As a busy machine does it: one pass after the other is hit, each as hard as it happens to be. */
function onBusyMachine(seed: number, options: SyntheticOptions): Results {
  const random = seededRandom(seed);
  return changed(
    ({ samples }) => {
      const level = random() * 120;
      return { noise: late, samples: samples.map((one) => slower(one, random() * level)) };
    },
    { seed, ...options },
  );
}

test("a promise passes or fails with its whole interval, and noise takes its share first", () => {
  const interval = { lowMs: 2, highMs: 4 };
  const quiet = { raisedMs: 0, loweredMs: 0 };
  expect(judge({ interval, ...quiet })).toBe("failed");
  expect(judge({ interval, ...quiet, raisedMs: 3 })).toBe("inconclusive");
  expect(judge({ interval: { lowMs: -4, highMs: -2 }, ...quiet })).toBe("passed");
  expect(judge({ interval: { lowMs: -4, highMs: -2 }, ...quiet, loweredMs: 3 })).toBe(
    "inconclusive",
  );
  expect(judge({ interval: { lowMs: -1, highMs: 1 }, ...quiet })).toBe("inconclusive");
  expect(judge({ interval: undefined, ...quiet })).toBe("inconclusive");
});

test("a perfect store on a busy machine fails nothing, and the headline claims nothing absurd", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
      const analysis = analyse(onBusyMachine(seed, { delays: shortDelays, writes: 4 }));
      expect(analysis.verdict).not.toBe("failed");
      expect(analysis.headline).not.toMatch(/-\d|\d{3,} %|fall|but /);
      expect(analysis.headline).toMatch(
        /the machine was busy \(timers up to 93.0 ms late at p99\); repeat when/,
      );
    }),
    { numRuns: 25 },
  );
});

test("a perfect store on an idle machine fails nothing, however few its writes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 1, max: 4 }),
      (seed, writes) => {
        const analysis = analyse(
          syntheticResults({ seed, clients: 2, writes, delays: shortDelays }),
        );
        expect(analysis.verdict).not.toBe("failed");
        expect(analysis.headline).not.toMatch(/-\d|\d{3,} %|but /);
      },
    ),
    { numRuns: 25 },
  );
});

test("means that fall while timers are late say nothing, and the headline says what to do", () => {
  // The measured case: the first pass was hit hardest.
  const results = changed(
    ({ quorum, samples }) => ({
      noise: late,
      samples: samples.map((one) => slower(one, 110 - 20 * quorum)),
    }),
    { delays: shortDelays },
  );
  const rising = verdict(results, "rising");
  expect(rising.state).toBe("inconclusive");
  expect(rising.detail).toMatch(
    /inconclusive at quorum .*, since the machine was busy .*; repeat when it is idle$/,
  );
  expect(analyse(results).headline).toMatch(
    /^The cost of a further ack is inconclusive: from \d+ ms .* which noise can explain; .*repeat when it is idle\.$/,
  );
  // The same times on a machine that was idle accuse the store.
  const quiet = { meanMs: 0.1, p99Ms: 0.6, maxMs: 2.1 };
  const idle = { ...results, passes: results.passes.map((pass) => ({ ...pass, noise: quiet })) };
  expect(verdict(idle, "rising").state).toBe("failed");
  expect(analyse(idle).headline).toMatch(/^Means fall from/);
});

test("a rise that late timers can have made proves nothing either", () => {
  const results = changed(() => ({ noise: late }), { quorums: [1, 2], delays: shortDelays });
  expect(verdict(results, "rising").state).toBe("inconclusive");
  expect(
    verdict(
      changed(() => ({ noise: late })),
      "rising",
    ).state,
  ).toBe("passed");
});

test("few writes are inconclusive by chance, which is said as such", () => {
  const results = syntheticResults({ quorums: [2, 3], clients: 2, writes: 2, seed: 4 });
  const rising = verdict(results, "rising");
  expect(rising.state).toBe("inconclusive");
  expect(rising.detail).toMatch(
    /since there were too few writes to tell; repeat with more writes or rounds$/,
  );
});

test("one pause of the machine is not the store's own cost", () => {
  const slow = syntheticResults({ overheadMs: 6 });
  expect(verdict(slow, "overhead").state).toBe("failed");
  const noise = { meanMs: 0.3, p99Ms: 2, maxMs: 40 };
  const paused = { ...slow, passes: slow.passes.map((pass) => ({ ...pass, noise })) };
  expect(verdict(paused, "overhead").state).toBe("inconclusive");
  expect(analyse(paused).headline).toContain("on average, noise included;");
});

test("load that others made before or during the run excuses times", () => {
  const slow = syntheticResults({ overheadMs: 9 });
  expect(verdict(slow, "overhead").state).toBe("failed");
  for (const load of [{ loadBefore: 2.5 }, { loadAfter: 4.5 }]) {
    const { state, detail } = verdict(loaded(slow, load), "overhead");
    expect(state).toBe("inconclusive");
    expect(detail).toMatch(/load average \d\.5\); repeat when it is idle$/);
  }
});

test("an own cost that one quorum alone has fails, unless noise or chance explains it", () => {
  const penalised = (first: number, noise?: Pass["noise"]) =>
    changed(({ quorum, samples, ...pass }) => ({
      noise: noise ?? pass.noise,
      samples: quorum === 1 ? samples.map((one) => slower(one, first)) : samples,
    }));
  expect(verdict(penalised(3), "even")).toMatchObject({
    state: "failed",
    detail: "means 3.0 ms apart",
  });
  expect(verdict(penalised(0.5), "even").state).toBe("passed");
  expect(verdict(penalised(3, late), "even").state).toBe("inconclusive");
  const busy = syntheticResults({
    delays: shortDelays.map(() => ({ minDelayMs: 0, maxDelayMs: 2 })),
  });
  expect(analyse(busy).verdicts.some(({ id }) => id === "even")).toBe(false);
});

test("writes that were too late are excused on a busy machine; other failures never are", () => {
  const failing = (code: string, noise: Pass["noise"]) => {
    const outcome = code === "OUTCOME_UNKNOWN" ? ("unknown" as const) : ("refused" as const);
    const failure = {
      client: 0,
      write: 0,
      key: "k",
      startedAtMs: 0,
      latencyMs: 1,
      outcome,
      status: 503,
      code,
      detail: "",
    };
    return verdict(
      changed(() => ({ failures: [failure], noise })),
      "failures",
    ).state;
  };
  const quiet = { meanMs: 0.1, p99Ms: 0.6, maxMs: 2.1 };
  expect(failing("OUTCOME_UNKNOWN", late)).toBe("inconclusive");
  expect(failing("OUTCOME_UNKNOWN", quiet)).toBe("failed");
  expect(failing("QUORUM_UNAVAILABLE", late)).toBe("failed");
});

test("a store that is only behind is excused on a busy machine; a wrong one never is", () => {
  const differing = (kind: "stale" | "diverged") => {
    const results = changed(({ comparisons }) => ({
      noise: late,
      comparisons: comparisons.map((one) => ({
        ...one,
        moment: "settled" as const,
        followers: one.followers.map((follower) => ({
          ...follower,
          identical: false,
          counts: { missing: 0, stale: 0, diverged: 0, extra: 0, [kind]: 1 },
        })),
      })),
    }));
    return verdict(results, "differences").state;
  };
  expect(differing("stale")).toBe("inconclusive");
  expect(differing("diverged")).toBe("failed");
});
