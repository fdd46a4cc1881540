/** DESIGN.md, "Which cluster", 9: a leader above the epochs that blank nodes have promised to others. */
import { expect, test } from "vitest";
import { LeaderBench } from "../../../test/support/benches/leader-bench.ts";
import { entryOf } from "../../../test/support/benches/samples.ts";
import { epochLeapMax } from "../bounds.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { ClusterMark, FollowerMessage } from "../types.ts";
import type { LeaderStart } from "./leader-start.ts";

const followers = ["follower1", "follower2"];
const cluster = { id: "a".repeat(32), confirmed: true };
const ours: ClusterMark = { ...cluster, blank: false };
const nobodys: ClusterMark = { id: "", confirmed: false, blank: true };
const leap = 1_000;
const promisedEpoch = 5_000;
const patienceMs = DEFAULT_LIMITS.silenceMsMax;

type Refusal = Extract<FollowerMessage, { type: "refusal" }>;

const refusal = (change: Partial<Refusal> = {}): Refusal => ({
  type: "refusal",
  promisedEpoch,
  promisedLeader: "follower1",
  reason: "promised",
  cluster: nobodys,
  ...change,
});

function benchOf({ floor = 1, ...change }: Partial<LeaderStart> & { floor?: number } = {}) {
  const hardState = {
    ...{ promisedEpoch: 3, promisedLeader: "leader", ledEpoch: 3, blank: false, cluster },
    floor: { epoch: 3, number: 1, quorum: floor, over: floor },
  };
  const setup = { followers, writeQuorum: floor, log: [entryOf(1)], applied: 1, hardState };
  return new LeaderBench(setup, { leap, ...change });
}

/** It leads in epoch 4, and has asked follower1. */
function led(): LeaderBench {
  const bench = benchOf();
  bench.do(bench.core.start(0));
  bench.open("follower1");
  expect(bench.core.notReady).toBeUndefined();
  return bench;
}

test("a leader that nobody follows begins anew above what a blank node has promised", () => {
  const bench = led();
  bench.hear("follower1", refusal());
  bench.pass(patienceMs);
  expect(bench.deposed).toBeUndefined();
  bench.pass(200);
  const above = promisedEpoch + leap;
  expect(bench.deposed).toEqual({ reason: "refusedByBlank", above });
  const next = benchOf({ above });
  next.do(next.core.start(0));
  expect(next.core.notReady).toBeUndefined();
  expect(next.core).toMatchObject({ epoch: above + 1, last: 1 });
  next.open("follower1");
  expect(next.messagesTo("follower1")).toMatchObject([{ type: "prepare", epoch: above + 1 }]);
});

test("a leader that is followed goes on, until nobody has followed it for so long", () => {
  const bench = led();
  bench.hear("follower1", refusal());
  bench.open("follower2");
  bench.promise("follower2", { blank: false, applied: 1, last: 1, cluster: ours });
  bench.pass(5 * patienceMs, ["follower2"]);
  expect(bench.deposed).toBeUndefined();
  bench.close("follower2");
  bench.pass(patienceMs);
  expect(bench.deposed).toBeUndefined();
  bench.pass(200);
  expect(bench.deposed).toMatchObject({ reason: "refusedByBlank" });
});

test.each<[string, Partial<Refusal>]>([
  ["a node of another cluster", { cluster: { ...ours, id: "b".repeat(32) } }],
  ["a node with data and without an id", { cluster: { ...nobodys, blank: false } }],
  ["a node that has promised to this very leader", { promisedLeader: "leader" }],
  ["a node that names an epoch which is not believed", { promisedEpoch: 5 + epochLeapMax }],
])("a leader that nobody follows goes on when it is refused by %s", (_, change) => {
  const bench = led();
  bench.hear("follower1", refusal(change));
  bench.pass(5 * patienceMs);
  expect(bench.deposed).toBeUndefined();
});

test("what a node has refused counts only as long as its stream is open", () => {
  const bench = led();
  bench.hear("follower1", refusal());
  bench.close("follower1");
  bench.pass(5 * patienceMs);
  expect(bench.deposed).toBeUndefined();
});

test("a leader whose disk does not flush goes on: it could not lead again", () => {
  const bench = led();
  bench.hear("follower1", refusal());
  for (let now = 0; now < 5 * patienceMs; now += 100) bench.do(bench.core.tick(now, false));
  expect(bench.deposed).toBeUndefined();
});

test("a leader that followers had to confirm goes on: they may not answer again", () => {
  const bench = benchOf({ floor: 2 });
  bench.do(bench.core.start(0));
  bench.open("follower2");
  bench.promise("follower2", { blank: false, applied: 1, last: 1, cluster: ours });
  expect(bench.core.notReady).toBeUndefined();
  bench.close("follower2");
  bench.open("follower1");
  bench.hear("follower1", refusal());
  bench.pass(5 * patienceMs);
  expect(bench.deposed).toBeUndefined();
});

test("above an epoch that was only heard of, followers confirm no intact log", () => {
  const bench = benchOf({ floor: 2, above: promisedEpoch });
  bench.do(bench.core.start(0));
  bench.open("follower2");
  bench.promise("follower2", { blank: false, applied: 1, last: 1, cluster: ours });
  expect(bench.core.notReady).toContain("recovering");
});
