import { describe, expect, test } from "vitest";
import { FollowerBench } from "../../../test/support/benches/follower-bench.ts";
import { entryOf, put } from "../../../test/support/benches/samples.ts";
import { digestOf } from "../../storage/standing.ts";
import { historyAfter } from "../history.ts";
import { EMPTY_HISTORY } from "../types.ts";

describe("rule 8: storing", () => {
  test("entries are stored in whatever order they come, and each is acked", () => {
    const bench = new FollowerBench().follow(1);
    for (const at of [3, 1, 5]) bench.append([entryOf(at)]);
    expect(bench.acked).toEqual([3, 1, 5]);
    expect(bench.disk.state.logBounds).toEqual({ first: 1, last: 5 });
  });

  test("an ack leaves only after its flush", () => {
    const bench = new FollowerBench().follow(1);
    bench.disk.held = true;
    bench.append([entryOf(1)]);
    expect(bench.acked).toEqual([]);
    bench.disk.release();
    expect(bench.acked).toEqual([1]);
  });

  test("a duplicate is acked again and stored once", () => {
    const bench = new FollowerBench().follow(1);
    bench.append([entryOf(1)]);
    bench.append([entryOf(1)]);
    expect(bench.acked).toEqual([1, 1]);
    const stored = bench.stored.flatMap((effect) =>
      effect.type === "persist" ? effect.entries : [],
    );
    expect(stored).toHaveLength(1);
  });

  test("a duplicate of an entry that is still being flushed is not acked before that flush", () => {
    const bench = new FollowerBench().follow(1);
    bench.disk.held = true;
    bench.append([entryOf(1)]);
    bench.append([entryOf(1)]);
    expect(bench.acked).toEqual([]);
  });

  test("entries far beyond any leader's backlog are refused", () => {
    const bench = new FollowerBench({ limits: { backlogEntriesMax: 10 } }).follow(1);
    bench.append([entryOf(20), entryOf(21)]);
    expect(bench.refusals).toHaveLength(1);
    expect(bench.core.backlog).toBeLessThanOrEqual(20);
  });
});

describe("rule 9: applying", () => {
  test("happens strictly in order, and only up to the committed mark it was told", () => {
    const bench = new FollowerBench().follow(1);
    bench.append([entryOf(1), entryOf(3)], 3);
    expect(bench.core.applied).toBe(1);
    bench.append([entryOf(2)], 2);
    expect(bench.core.applied).toBe(3);
    bench.append([entryOf(4)], 3);
    expect(bench.core.applied).toBe(3);
    expect(bench.core.committed).toBe(3);
  });

  test("takes only entries received in the present epoch; older ones are evidence", () => {
    const old = [entryOf(1, [put("a", '"old"')]), entryOf(2, [put("b", '"old"')])];
    const bench = new FollowerBench({ log: old }).follow(2);
    bench.append([], 2);
    expect(bench.core.applied).toBe(0);
    bench.append([entryOf(1, [put("a", '"new"')], { epoch: 2 })], 2);
    expect(bench.core.applied).toBe(1);
    expect(bench.disk.state.table.get("a")).toMatchObject({ value: '"new"' });
  });

  test("goes only as far as the present leader says, whatever an older one said", () => {
    const bench = new FollowerBench().follow(1);
    bench.append([], 9);
    bench.follow(2, { link: 2 });
    bench.append([entryOf(1, [put("a")], { epoch: 2 })], 0, 2);
    expect(bench.core.applied).toBe(0);
    bench.append([], 1, 2);
    expect(bench.core.applied).toBe(1);
  });
});

describe("rule 10: a new stream", () => {
  test("begins with what was applied, and with the highest entry of any epoch", () => {
    const log = [entryOf(1), entryOf(2), entryOf(7)];
    const bench = new FollowerBench({ log, applied: 2 });
    bench.prepare(3);
    expect(bench.answers).toMatchObject([{ type: "promise", epoch: 3, applied: 2, last: 7 }]);
  });

  test("tells the history of what is applied, and which epoch last accepted it", () => {
    const log = [entryOf(1), entryOf(2), entryOf(7)];
    const bench = new FollowerBench({ log, applied: 2, hardState: { followedEpoch: 2 } });
    bench.prepare(3);
    const history = historyAfter(EMPTY_HISTORY, log.slice(0, 2));
    expect(bench.answers).toMatchObject([{ type: "promise", history, followedEpoch: 2 }]);
    bench.hear({ type: "lead", epoch: 3, completeAt: 0, replace: false });
    const more = [3, 4].map((at) => entryOf(at, [], { epoch: 3 }));
    bench.append(more, 4);
    bench.prepare(4, { link: 2 });
    const promise = { history: historyAfter(history, more), followedEpoch: 3 };
    expect(bench.answers.at(-1)).toMatchObject({ type: "promise", ...promise });
  });

  test("tells no history and no epoch where an earlier version wrote the disk", () => {
    const bench = new FollowerBench({}, { history: undefined });
    bench.prepare(3);
    expect(bench.answers).toMatchObject([{ history: undefined, followedEpoch: 0 }]);
  });

  test("takes over from an older stream, whose messages are then refused", () => {
    const bench = new FollowerBench().follow(1);
    bench.follow(1, { link: 2 });
    expect(bench.closed).toContainEqual(expect.objectContaining({ to: 1 }));
    bench.append([entryOf(1)], 0, 1);
    expect(bench.acked).toEqual([]);
    expect(bench.sent.at(-1)).toMatchObject({ to: 1, message: { type: "refusal" } });
  });

  test("an ack whose stream was taken over meanwhile is not sent", () => {
    const bench = new FollowerBench().follow(1);
    bench.disk.held = true;
    bench.append([entryOf(1)]);
    bench.prepare(2, { link: 2 });
    bench.disk.release();
    expect(bench.acked).toEqual([]);
  });
});

describe("rule 10: snapshots", () => {
  const record = { key: "s", value: "1", version: 40, origin: 1 };
  const end = { applied: 50, digest: digestOf([record]), history: "00000000000000ff" };
  const chunk = { type: "snapshotChunk", epoch: 1, snapshot: 1 } as const;

  test("grow beside the store and replace it in one flush; nothing is applied meanwhile", () => {
    const bench = new FollowerBench({ log: [entryOf(1)], applied: 1 }).follow(1);
    bench.hear({ ...chunk, index: 0, records: [record], end: undefined });
    bench.append([entryOf(2)], 2);
    expect(bench.core.applied).toBe(1);
    expect(bench.disk.state.table.get("a")).toBeDefined();
    bench.hear({ ...chunk, index: 1, records: [], end });
    expect(bench.core.applied).toBe(50);
    expect(bench.disk.state.table.get("a")).toBeUndefined();
    expect(bench.disk.state.table.get("s")).toMatchObject({ version: 40 });
    expect(bench.answers.at(-1)).toMatchObject({ type: "snapshotReceipt", installed: true });
    bench.append([entryOf(51)], 51);
    expect(bench.core.applied).toBe(51);
    bench.prepare(2, { link: 2 });
    const history = historyAfter(end.history, [entryOf(51)]);
    expect(bench.answers.at(-1)).toMatchObject({ type: "promise", applied: 51, history });
  });

  test("an interrupted one leaves the store as it was, and the next begins anew", () => {
    const bench = new FollowerBench({ log: [entryOf(1)], applied: 1 }).follow(1);
    bench.hear({ ...chunk, index: 0, records: [record], end: undefined });
    bench.do(bench.core.linkClosed(1));
    expect(bench.core.following).toBe(false);
    bench.follow(1, { link: 2 });
    bench.append([entryOf(2, [put("b")])], 2, 2);
    expect(bench.core.applied).toBe(2);
    expect(bench.disk.state.table.get("s")).toBeUndefined();
    expect(bench.disk.state.table.get("a")).toBeDefined();
  });

  test("a chunk out of order is refused", () => {
    const bench = new FollowerBench().follow(1);
    bench.hear({ ...chunk, index: 1, records: [record], end: undefined });
    expect(bench.refusals).toHaveLength(1);
  });

  test("one that ends after its stream was taken over still counts as applied", () => {
    const bench = new FollowerBench().follow(1);
    bench.hear({ ...chunk, index: 0, records: [record], end: undefined });
    bench.disk.held = true;
    bench.hear({ ...chunk, index: 1, records: [], end });
    bench.disk.releaseOne();
    bench.prepare(2, { link: 2 });
    bench.disk.release();
    const { applied, history } = end;
    expect(bench.answers.at(-1)).toMatchObject({ type: "promise", applied, history });
  });
});

describe("a snapshot that is not what it was said to be is dropped, and the store stays", () => {
  const record = { key: "s", value: "1", version: 40, origin: 1 };
  const end = { applied: 50, digest: digestOf([record]), history: undefined };
  const chunk = { type: "snapshotChunk", epoch: 1, snapshot: 1 } as const;

  /** It has applied three entries, and a snapshot comes whole. */
  function receive(change: Partial<typeof end>, facts: { replace?: boolean; records?: [] } = {}) {
    const { replace = false, records = [record] } = facts;
    const log = [entryOf(1), entryOf(2), entryOf(3)];
    const bench = new FollowerBench({ log, applied: 3, hardState: { blank: false } });
    bench.prepare(1);
    bench.hear({ type: "lead", epoch: 1, completeAt: 3, replace });
    bench.hear({ ...chunk, index: 0, records });
    bench.hear({ ...chunk, index: 1, records: [], end: { ...end, ...change } });
    return bench;
  }
  const empty = { digest: digestOf([]) };

  test("one with another digest", () => {
    const bench = receive({ digest: "00000000000000ff" });
    const reason = `its digest is ${end.digest}, and its end says 00000000000000ff`;
    expect(bench.news).toEqual([{ type: "snapshotRefused", leader: "leader", reason }]);
    expect(bench.refusals).toEqual([`the snapshot: ${reason}`]);
    expect(bench.disk.state.summary).toMatchObject({ applied: 3, keys: 1 });
    expect(bench.core.hardState).toMatchObject({ blank: false, followedEpoch: 1 });
  });

  test("one with a record newer than its mark", () => {
    expect(receive({ applied: 39 }).refusals).toHaveLength(1);
  });

  test("an older or an empty one, unless the leader announced that it replaces the store", () => {
    for (const applied of [0, 2]) {
      const change = { ...empty, applied };
      const bench = receive(change, { records: [] });
      expect(bench.refusals).toEqual([
        `the snapshot: it ends at ${applied}, and this node has applied 3`,
      ]);
      expect(bench.disk.state.summary).toMatchObject({ applied: 3, keys: 1 });
      expect(receive(change, { records: [], replace: true }).core.applied).toBe(applied);
    }
  });

  test("one whose records come after its end", () => {
    const bench = new FollowerBench().follow(1);
    bench.hear({ ...chunk, index: 0, records: [] });
    bench.disk.held = true;
    bench.hear({ ...chunk, index: 1, records: [], end: { ...end, ...empty } });
    bench.hear({ ...chunk, index: 2, records: [record] });
    bench.disk.release();
    expect(bench.refusals).toEqual(["the snapshot: chunk 2 of snapshot 1 is out of order"]);
    expect(bench.disk.state.summary.keys).toBe(0);
    expect(bench.core.applied).toBe(0);
  });
});

describe("how far an epoch may leap", () => {
  const far = 2 ** 32;

  test("a follower promises none that is further above the highest one it knows of", () => {
    const bench = new FollowerBench({ hardState: { blank: false, promisedEpoch: 7 } });
    bench.prepare(7 + far + 1);
    const reason = `epoch ${7 + far + 1} is more than 4294967296 above 7, the highest one known here`;
    expect(bench.refusals).toEqual([reason]);
    const refused = { type: "leapRefused", leader: "leader", epoch: 7 + far + 1, reason };
    expect(bench.news).toEqual([refused]);
    expect(bench.disk.state.hardState.promisedEpoch).toBe(7);
    bench.prepare(7 + far);
    expect(bench.core.epoch).toBe(7 + far);
  });

  test("a blank one cannot tell, and promises any that others can follow", () => {
    const bench = new FollowerBench({ hardState: { promisedEpoch: 1 } });
    bench.prepare(2 ** 52 + 1);
    expect(bench.core.epoch).toBe(1);
    bench.prepare(2 ** 50);
    expect(bench.core.epoch).toBe(2 ** 50);
  });
});

describe("with elections a follower obeys", () => {
  const nodes = ["leader", "follower1", "follower2"];
  test.each([
    ["no epoch of another node", 4, "leader", "epoch 4 is not one of leader"],
    ["nobody whom NODES does not name", 5, "stranger", "NODES of follower1 has no stranger"],
    ["nobody who speaks in its own name", 6, "follower1", "follower1 does not follow itself"],
  ])("%s", (_, epoch, leader, reason) => {
    const bench = new FollowerBench({}, { nodes });
    const prepare = { type: "prepare", elected: true, epoch, leader, to: "follower1" } as const;
    bench.hear({ ...prepare, members: [], nodes });
    expect(bench.refusals[0]).toContain(reason);
    expect(bench.core.epoch).toBe(0);
  });
});

describe("rule 12: promises", () => {
  test("are flushed before they are given", () => {
    const bench = new FollowerBench();
    bench.disk.held = true;
    bench.prepare(3);
    expect(bench.sent).toEqual([]);
    bench.disk.release();
    expect(bench.disk.state.hardState).toMatchObject({
      promisedEpoch: 3,
      promisedLeader: "leader",
    });
    expect(bench.answers).toMatchObject([{ type: "promise", epoch: 3 }]);
  });

  test("a lower epoch is refused, and the same one from anybody else", () => {
    const bench = new FollowerBench().follow(3);
    bench.prepare(2, { link: 2 });
    bench.prepare(3, { link: 3, leader: "other" });
    expect(bench.refusals).toHaveLength(2);
    expect(bench.answers.at(-1)).toMatchObject({ promisedEpoch: 3, promisedLeader: "leader" });
    bench.append([entryOf(1, [put("a")], { epoch: 3 })]);
    expect(bench.acked).toEqual([1]);
  });

  test("a store that the leader's history lacks counts for nothing until a snapshot replaces it", () => {
    const log = [entryOf(1), entryOf(2), entryOf(3)];
    const bench = new FollowerBench({ log, applied: 3, hardState: { blank: false } });
    bench.prepare(5);
    bench.hear({ type: "lead", epoch: 5, completeAt: 2, floor: undefined, replace: true });
    expect(bench.disk.state.hardState.blank).toBe(true);
    expect(bench.news).toContainEqual({ type: "storeReplaced", leader: "leader", applied: 3 });
    const hardState = { committed: 3, last: 3, applied: 3, digest: "", writeQuorum: 1 };
    const heartbeat = {
      type: "heartbeat",
      epoch: 5,
      number: 1,
      members: [],
      ...hardState,
    } as const;
    bench.hear(heartbeat);
    expect(bench.answers.at(-1)).toMatchObject({ type: "heartbeatReply", applied: 0, digest: "" });
    const chunk = { type: "snapshotChunk", epoch: 5, snapshot: 1 } as const;
    const record = { key: "z", value: "1", version: 2, origin: 4 };
    bench.hear({ ...chunk, index: 0, records: [record] });
    const history = historyAfter(EMPTY_HISTORY, [entryOf(1), entryOf(2, [], { origin: 4 })]);
    const end = { applied: 2, digest: digestOf([record]), history };
    bench.hear({ ...chunk, index: 1, records: [], end });
    expect(bench.core.applied).toBe(2);
    expect(bench.disk.state.table.get("a")).toBeUndefined();
    expect(bench.disk.state.hardState).toMatchObject({ blank: false, followedEpoch: 5 });
    bench.hear(heartbeat);
    expect(bench.answers.at(-1)).toMatchObject({ applied: 2 });
    bench.append([entryOf(3, [put("c")], { epoch: 5 })], 3);
    expect(bench.core.applied).toBe(3);
  });

  test("nobody leads it whom its settings do not name, whatever epoch is asked for", () => {
    const bench = new FollowerBench().follow(1);
    bench.prepare(7, { link: 2, leader: "follower2" });
    expect(bench.refusals).toEqual(["the settings of follower1 name leader as the leader"]);
    expect(bench.news).toContainEqual({
      type: "strangerRefused",
      leader: "follower2",
      epoch: 7,
      reason: "the settings of follower1 name leader as the leader",
    });
    expect(bench.disk.state.hardState.promisedEpoch).toBe(1);
    bench.append([entryOf(1)]);
    expect(bench.acked).toEqual([1]);
  });

  test("a message meant for another node is refused", () => {
    const bench = new FollowerBench();
    bench.prepare(3, { to: "follower2" });
    expect(bench.refusals).toHaveLength(1);
    expect(bench.core.epoch).toBe(0);
  });

  test("entries of an epoch that was not promised are neither stored nor acked", () => {
    const bench = new FollowerBench().follow(3);
    bench.hear({ type: "append", epoch: 2, entries: [entryOf(1)], committed: 1 });
    bench.append([entryOf(1, [put("a")], { epoch: 4 })]);
    expect(bench.acked).toEqual([]);
    expect(bench.disk.state.logBounds.last).toBe(0);
  });

  test("no entry is taken before the leader says that it leads", () => {
    const bench = new FollowerBench();
    bench.prepare(1);
    bench.append([entryOf(1)], 1);
    expect(bench.acked).toEqual([]);
    expect(bench.refusals).toHaveLength(1);
  });
});

describe("a blank follower", () => {
  test("is blank until it holds everything its leader had when it began to send", () => {
    const bench = new FollowerBench().follow(1, { completeAt: 2 });
    bench.append([entryOf(2)]);
    expect(bench.disk.state.hardState.blank).toBe(true);
    bench.append([entryOf(1)]);
    expect(bench.disk.state.hardState.blank).toBe(false);
  });

  test("is blank no more once a snapshot that far is in place", () => {
    const bench = new FollowerBench().follow(1, { completeAt: 5 });
    const end = { applied: 5, digest: digestOf([]), history: undefined };
    bench.hear({ type: "snapshotChunk", epoch: 1, snapshot: 1, index: 0, records: [], end });
    expect(bench.disk.state.hardState.blank).toBe(false);
  });
});

describe("the floor note", () => {
  const note = (number: number) => ({ epoch: 1, number, quorum: 1, over: 3 });

  test("is acknowledged once it is durable, and an older one does not replace it", () => {
    const bench = new FollowerBench().follow(1);
    bench.disk.held = true;
    bench.hear({ type: "floor", epoch: 1, floor: note(2) });
    expect(bench.answers.filter(({ type }) => type === "floorReceipt")).toHaveLength(1);
    bench.disk.release();
    expect(bench.answers.at(-1)).toMatchObject({ type: "floorReceipt", floor: note(2) });
    bench.hear({ type: "floor", epoch: 1, floor: note(1) });
    expect(bench.disk.state.hardState.floor).toEqual(note(2));
  });
});

describe("what a recovery asks for", () => {
  test("the log comes page by page, holes left out, of any epoch", () => {
    const log = [1, 2, 4, 5].map((at) => entryOf(at));
    const bench = new FollowerBench({ log, limits: { messageEntriesMax: 2 } });
    bench.prepare(2);
    bench.hear({ type: "fetchLog", epoch: 2, from: 2 });
    expect(bench.answers.at(-1)).toMatchObject({ entries: [log[1], log[2]], next: 5 });
    bench.hear({ type: "fetchLog", epoch: 2, from: 5 });
    expect(bench.answers.at(-1)).toMatchObject({ entries: [log[3]], next: 0 });
  });

  test("the store is given only to one who has its promise and does not lead yet", () => {
    const bench = new FollowerBench({ log: [entryOf(1)], applied: 1 });
    bench.prepare(2);
    bench.hear({ type: "fetchStore", epoch: 2, after: undefined });
    expect(bench.answers.at(-1)).toMatchObject({ type: "storePage", records: [{ key: "a" }] });
    bench.hear({ type: "fetchStore", epoch: 2, after: "a" });
    const history = historyAfter(EMPTY_HISTORY, [entryOf(1)]);
    expect(bench.answers.at(-1)).toMatchObject({ records: [], end: { applied: 1, history } });
    bench.follow(2);
    bench.hear({ type: "fetchStore", epoch: 2, after: undefined });
    expect(bench.refusals).toHaveLength(1);
  });
});

test("a heartbeat is answered with the store's mark and what is wrong with the storage", () => {
  const bench = new FollowerBench().follow(1);
  bench.core.storageFault = "no space left on device";
  bench.hear({
    type: "heartbeat",
    epoch: 1,
    committed: 0,
    last: 0,
    number: 4,
    members: [],
    applied: 0,
    digest: "",
    writeQuorum: 3,
  });
  const expected = { type: "heartbeatReply", number: 4, storageFault: "no space left on device" };
  expect(bench.answers.at(-1)).toMatchObject(expected);
});
