/** DESIGN.md, "Which cluster": what a follower refuses, and what it notes. */
import { describe, expect, test } from "vitest";
import { FollowerBench } from "../../../test/support/benches/follower-bench.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { ClusterId, ClusterMark, HardState } from "../types.ts";

const ours = { id: "a".repeat(32), confirmed: true };
const theirs = { id: "b".repeat(32), confirmed: true };
const blankMark: ClusterMark = { id: "", confirmed: false, blank: true };
const markOf = (cluster: ClusterId): ClusterMark => ({ ...cluster, blank: false });

/** follower1, which holds data, and follows the leader of its cluster in epoch 3. */
function start(hardState: Partial<HardState> = {}) {
  const bench = new FollowerBench({ hardState: { blank: false, cluster: ours, ...hardState } });
  const ask = (epoch: number, cluster: ClusterMark | undefined, change: object = {}) => {
    const { link = 2, ...rest } = { ...change } as { link?: number };
    const who = { epoch, leader: "leader", to: "follower1", members: [], cluster };
    const nodes = ["follower1", "leader"];
    bench.hear({ type: "prepare", elected: false, nodes, ...who, ...rest }, link);
    return bench.answers.at(-1);
  };
  const lead = (epoch: number, cluster: ClusterId | undefined, link = 1) =>
    bench.hear({ type: "lead", epoch, completeAt: 0, replace: false, cluster }, link);
  return { bench, ask, lead, disk: () => bench.disk.state.hardState };
}

function following() {
  const at = start();
  at.ask(3, markOf(ours), { link: 1 });
  at.lead(3, ours);
  return at;
}

describe("a leader of another cluster", () => {
  const strangers: readonly [string, ClusterMark | undefined][] = [
    ["with another confirmed id", markOf(theirs)],
    ["with data and no id", { ...blankMark, blank: false }],
    ["of a former version", undefined],
  ];

  test.each(strangers)("%s changes nothing, and hears nothing of the epochs here", (_, mark) => {
    const { bench, ask, disk } = following();
    const before = disk();
    const stored = bench.stored.length;
    const refusal = ask(1_000_000, mark);
    expect(refusal).toMatchObject({ type: "refusal", promisedEpoch: 0, promisedLeader: "" });
    expect(refusal).toMatchObject({ cluster: markOf(ours) });
    expect(bench.news.at(-1)).toMatchObject({ type: "otherCluster", mayAskAgain: false });
    expect(bench.stored).toHaveLength(stored);
    expect(disk()).toBe(before);
    bench.append([]);
    expect(bench.core.link).toBe(1);
  });

  test("is told apart by name, with both ids and what to do", () => {
    const { ask } = following();
    const { reason } = ask(9, markOf(theirs)) as { reason: string };
    expect(reason).toContain(`follower1 belongs to cluster ${ours.id}`);
    expect(reason).toContain(`leader belongs to cluster ${theirs.id}`);
    expect(reason).toContain("DATA_DIR");
  });
});

describe("a leader that lost its disk shows no id. It gets the promise", () => {
  test("not while the leader's stream is open and speaks", () => {
    const { bench, ask, disk } = following();
    const refusal = ask(1_000_000, blankMark);
    expect(refusal).toMatchObject({ type: "refusal", promisedEpoch: 0 });
    expect(bench.news.at(-1)).toMatchObject({ mayAskAgain: true, link: 2 });
    expect(disk().promisedEpoch).toBe(3);
    bench.now = DEFAULT_LIMITS.silenceMsMax + 1;
    expect(ask(1_000_000, blankMark)).toMatchObject({ type: "promise", cluster: markOf(ours) });
  });

  test("at once, if that stream is closed", () => {
    const { bench, ask } = following();
    bench.do(bench.core.linkClosed(1));
    expect(ask(1_000_000, blankMark)).toMatchObject({ type: "promise" });
  });

  test("only if it names the same nodes", () => {
    const { bench, ask, disk } = following();
    bench.do(bench.core.linkClosed(1));
    const nodes = ["follower1", "follower2", "leader"];
    expect(ask(1_000_000, blankMark, { nodes })).toMatchObject({ type: "refusal" });
    expect(bench.refusals.at(-1)).toContain("NODES is follower1, follower2, leader there");
    expect(disk().promisedEpoch).toBe(3);
  });

  test("never, if any node may lead: nodes with data elect each other", () => {
    const nodes = ["follower1", "leader"];
    const hardState = { blank: false, cluster: ours };
    const bench = new FollowerBench({ hardState }, { nodes, all: nodes });
    const who = { epoch: 9, leader: "leader", to: "follower1", members: [], cluster: blankMark };
    bench.hear({ type: "prepare", elected: true, nodes, ...who });
    expect(bench.refusals.at(-1)).toContain("a node with data must lead");
    expect(bench.disk.state.hardState.promisedEpoch).toBe(0);
  });
});

describe("a follower notes the id", () => {
  test("with its promise, if it is blank and the id is confirmed", () => {
    const { ask, disk } = start({ blank: true, cluster: undefined });
    expect(ask(3, markOf(ours))).toMatchObject({ cluster: { ...ours, blank: true } });
    expect(disk()).toMatchObject({ promisedEpoch: 3, cluster: ours });
  });

  test("only once it is led, if it is not confirmed; and says what is durable", () => {
    const provisional = { ...ours, confirmed: false };
    const { bench, ask, lead, disk } = start({ blank: true, cluster: undefined });
    ask(3, markOf(provisional), { link: 1 });
    expect(disk().cluster).toBeUndefined();
    bench.disk.held = true;
    lead(3, provisional);
    expect(bench.answers.at(-1)?.type).toBe("promise");
    bench.disk.release();
    expect(bench.answers.at(-1)).toMatchObject({ type: "floorReceipt", cluster: provisional });
    expect(disk().cluster).toEqual(provisional);
  });

  test("of the leader of the higher epoch, as long as it is not confirmed", () => {
    const { ask, lead, disk } = start({ cluster: { ...ours, confirmed: false } });
    ask(3, { ...theirs, confirmed: false, blank: false }, { link: 1 });
    lead(3, { ...theirs, confirmed: false });
    expect(disk().cluster).toEqual({ ...theirs, confirmed: false });
  });

  test("as confirmed once a heartbeat says so, in one flush", () => {
    const { bench, ask, lead, disk } = start({ cluster: { ...ours, confirmed: false } });
    ask(3, markOf({ ...ours, confirmed: false }), { link: 1 });
    lead(3, { ...ours, confirmed: false });
    const heartbeat = { type: "heartbeat", epoch: 3, committed: 0, last: 0, number: 1 } as const;
    const store = { members: [], applied: 0, digest: "", writeQuorum: 1 };
    const stored = bench.stored.length;
    for (const cluster of [theirs, ours, ours, undefined])
      bench.hear({ ...heartbeat, ...store, cluster }, 1);
    expect(disk().cluster).toEqual(ours);
    expect(bench.stored).toHaveLength(stored + 1);
  });

  test("and keeps it under a leader of a former version, which knows of none", () => {
    const held = { ...ours, confirmed: false };
    const { ask, lead, disk } = start({ cluster: held });
    ask(3, undefined, { link: 1 });
    lead(3, undefined);
    expect(disk()).toMatchObject({ promisedEpoch: 3, cluster: held });
  });
});
