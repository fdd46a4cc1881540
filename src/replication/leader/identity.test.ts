/** DESIGN.md, "Which cluster": the id that a leader goes by, and who counts for it. */
import { describe, expect, test } from "vitest";
import { LeaderBench } from "../../../test/support/benches/leader-bench.ts";
import { put } from "../../../test/support/benches/samples.ts";
import type { ClusterId, ClusterMark, HardState, NodeId } from "../types.ts";

const followers = ["follower1", "follower2"];
const ours = { id: "a".repeat(32), confirmed: true };
const theirs = { id: "b".repeat(32), confirmed: true };
const blankMark: ClusterMark = { id: "", confirmed: false, blank: true };
const markOf = (cluster: ClusterId): ClusterMark => ({ ...cluster, blank: false });

function start(hardState: Partial<HardState> = {}) {
  const bench = new LeaderBench({ followers, writeQuorum: 1, hardState });
  const holds = (from: NodeId, cluster: ClusterId | undefined) =>
    bench.hear(from, { type: "floorReceipt", epoch: bench.core.epoch, floor: undefined, cluster });
  const cluster = () => bench.disk.state.hardState.cluster;
  return { bench, holds, cluster };
}

/** The first start: all are asked before the node leads, and again once it does. */
function bear(bench: LeaderBench): void {
  bench.lead(followers, { cluster: blankMark });
  for (const id of followers) if (bench.preparing(id)) bench.promise(id, { cluster: blankMark });
}

describe("a new cluster", () => {
  const fresh = { id: "f".repeat(32), confirmed: false };

  test("has an id before anybody is led", () => {
    const { bench, cluster } = start();
    bear(bench);
    expect(cluster()).toEqual(fresh);
    const leads = bench.sent.flatMap(({ message }) => (message.type === "lead" ? [message] : []));
    expect(leads.map((lead) => lead.cluster)).toEqual([fresh, fresh]);
  });

  test("takes its first write once all nodes hold the id, and this is flushed", () => {
    const { bench, holds, cluster } = start();
    bear(bench);
    holds("follower1", fresh);
    expect(bench.propose([put("a")])).toMatchObject({ type: "refused" });
    expect(bench.core.notReady).toContain("1 of 2 followers hold the id");
    bench.disk.held = true;
    holds("follower2", fresh);
    expect(bench.core.mark.confirmed).toBe(false);
    bench.disk.release();
    expect(cluster()).toEqual({ ...fresh, confirmed: true });
    expect(bench.propose([put("a")])).toMatchObject({ type: "accepted" });
    const beats = bench.messagesTo("follower1").filter(({ type }) => type === "heartbeat");
    expect(beats.at(-1)).toMatchObject({ cluster: { ...fresh, confirmed: true } });
  });

  test("does not wait while a former version runs, which cannot hold an id", () => {
    const { bench } = start();
    bench.lead(["follower1"], { cluster: blankMark });
    bench.lead(["follower2"], { cluster: undefined });
    for (const id of followers) if (bench.preparing(id)) bench.promise(id);
    expect(bench.core.notReady).toBeUndefined();
  });

  test("counts no follower whose disk was replaced meanwhile", () => {
    const { bench, holds } = start();
    bear(bench);
    holds("follower1", fresh);
    bench.open("follower1");
    bench.promise("follower1", { cluster: blankMark, incarnation: "2" });
    holds("follower2", fresh);
    expect(bench.core.mark.confirmed).toBe(false);
  });
});

describe("a leader with a confirmed id", () => {
  const led = (): ReturnType<typeof start> => {
    const known = { promisedEpoch: 3, promisedLeader: "leader", ledEpoch: 3, blank: false };
    const at = start({ ...known, cluster: ours });
    at.bench.lead(followers, { blank: false, cluster: markOf(ours) });
    return at;
  };
  const refusal = (cluster: ClusterMark | undefined) =>
    ({
      type: "refusal",
      promisedEpoch: 9_999,
      promisedLeader: "other",
      reason: "promised",
      cluster,
    }) as const;

  test.each([
    ["of another cluster", markOf(theirs)],
    ["that another cluster has claimed", blankMark],
    ["of a former version", undefined],
  ])("leads on when a node %s refuses it for a higher epoch", (_, mark) => {
    const { bench, cluster } = led();
    bench.hear("follower1", refusal(mark));
    expect(bench.deposed).toBeUndefined();
    expect(bench.core.epoch).toBe(4);
    expect(cluster()).toEqual(ours);
    expect(bench.propose([put("a")])).toMatchObject({ type: "accepted" });
    const told = bench.news.filter(({ type }) => type === "refused");
    expect(told).toHaveLength(1);
    bench.hear("follower1", refusal(mark));
    expect(bench.news.filter(({ type }) => type === "refused")).toHaveLength(1);
  });

  test("obeys a node of its own cluster", () => {
    const { bench } = led();
    bench.hear("follower1", refusal(markOf(ours)));
    expect(bench.deposed).toMatchObject({ reason: "higherEpoch", by: "other" });
  });

  test("counts no promise of a node with data and no id", () => {
    const { bench } = led();
    bench.open("follower1");
    bench.promise("follower1", { blank: false, cluster: { ...blankMark, blank: false } });
    expect(bench.preparing("follower1")).toBe(true);
    const told = { type: "refused", by: "follower1", isStranger: true };
    expect(bench.news).toContainEqual(expect.objectContaining(told));
  });
});

test("the id of a node without data is not taken for that of the cluster: another one may have claimed it", () => {
  const { bench, cluster } = start();
  bench.do(bench.core.start(0));
  for (const id of followers) bench.open(id);
  bench.promise("follower1", { cluster: { ...theirs, blank: true } });
  bench.promise("follower2", { cluster: blankMark });
  expect(cluster()).toEqual({ id: "f".repeat(32), confirmed: false });
  bench.promise("follower1", { cluster: { ...theirs, blank: true } });
  const told = { type: "refused", by: "follower1", isStranger: true };
  expect(bench.news).toContainEqual(expect.objectContaining(told));
});

test("a leader that lost its disk and hears two clusters asks anew in the name of one", () => {
  const { bench } = start();
  bench.do(bench.core.start(0));
  for (const id of followers) bench.open(id);
  const data = { blank: false, applied: 0, last: 0 };
  // The first one with data makes it leap: all are asked again.
  bench.promise("follower1", { ...data, cluster: { ...blankMark, blank: false } });
  const { epoch } = bench.core;
  bench.promise("follower1", { ...data, cluster: { ...blankMark, blank: false } });
  expect(bench.core.epoch).toBe(epoch);
  bench.promise("follower2", { ...data, cluster: markOf(ours) });
  expect(bench.core.epoch).toBeGreaterThan(epoch);
  const asked = bench.messagesTo("follower1").filter(({ type }) => type === "prepare");
  expect(asked.at(-1)).toMatchObject({ cluster: { ...ours, blank: true } });
});
