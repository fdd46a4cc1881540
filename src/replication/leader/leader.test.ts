import { describe, expect, test } from "vitest";
import { LeaderBench } from "../../../test/support/benches/leader-bench.ts";
import { entryOf, memberOf, put } from "../../../test/support/benches/samples.ts";
import { historyAfter } from "../history.ts";
import { EMPTY_HISTORY } from "../types.ts";

const two = ["follower1", "follower2"];
const three = [...two, "follower3"];
const five = [...three, "follower4", "follower5"];

const leading = (followers: readonly string[], writeQuorum: number) =>
  new LeaderBench({ followers, writeQuorum }).lead(followers);

describe("rule 1: order", () => {
  test("only the leader assigns sequences, without a hole, and a refused write takes none", () => {
    const bench = leading(three, 1);
    expect(bench.propose([put("a")])).toMatchObject({
      type: "accepted",
      slot: { entry: { sequence: 1 } },
    });
    expect(bench.propose([put("a")], { quorum: 4 })).toMatchObject({ type: "refused" });
    expect(bench.propose([{ key: "a", ifVersion: 9, value: "2" }])).toMatchObject({
      type: "refused",
    });
    expect(bench.propose([put("b")])).toMatchObject({
      type: "accepted",
      slot: { entry: { sequence: 2 } },
    });
  });

  test("an entry is streamed while the leader's own flush is still under way", () => {
    const bench = leading(three, 1);
    bench.disk.held = true;
    bench.propose([put("a")]);
    for (const id of three) expect(bench.entriesTo(id)).toEqual([1]);
    bench.ack("follower1", 1);
    expect(bench.settled).toEqual([]);
    bench.disk.release();
    expect(bench.settled).toEqual([1]);
  });
});

describe("rules 2 and 3: settled and committed", () => {
  test("an entry settles on its own; committed waits for everything below", () => {
    const bench = leading(three, 2);
    bench.propose([put("a")]);
    bench.propose([put("b")]);
    bench.ack("follower1", 2);
    bench.ack("follower1", 2);
    expect(bench.settled).toEqual([]);
    bench.ack("follower2", 2);
    expect(bench.settled).toEqual([2]);
    expect(bench.core.committed).toBe(0);
    bench.ack("follower1", 1);
    bench.ack("follower3", 1);
    expect(bench.core.committed).toBe(2);
    expect(bench.core.applied).toBe(2);
  });

  test("an entry that was conditional on an open one settles after it", () => {
    const bench = leading(three, 1);
    bench.propose([put("a")], { quorum: 3 });
    bench.propose([{ key: "a", value: "2", ifVersion: 1 }]);
    bench.ack("follower1", 2);
    expect(bench.settled).toEqual([]);
    for (const id of three) bench.ack(id, 1);
    expect(bench.settled).toEqual([1, 2]);
  });

  test("acks of another epoch count for nothing", () => {
    const bench = leading(three, 1);
    bench.propose([put("a")]);
    const ranges = [{ from: 1, to: 1 }];
    bench.hear("follower1", { type: "acks", epoch: 7, ranges, applied: 0, digest: "" });
    expect(bench.settled).toEqual([]);
  });

  test("a quorum of 0 settles with the leader's own flush, with nobody else there", () => {
    const bench = new LeaderBench({ followers: [], writeQuorum: 0 }).lead([]);
    bench.disk.held = true;
    bench.propose([put("a")]);
    expect(bench.settled).toEqual([]);
    bench.disk.release();
    expect(bench.settled).toEqual([1]);
    expect(bench.core.applied).toBe(1);
  });

  test("acks from a disk that was lost are forgotten while an entry is open", () => {
    const bench = leading(three, 2);
    bench.propose([put("a")]);
    bench.ack("follower1", 1);
    bench.close("follower1");
    bench.open("follower1");
    bench.promise("follower1", { incarnation: "2" });
    bench.ack("follower2", 1);
    expect(bench.settled).toEqual([]);
    bench.ack("follower1", 1);
    expect(bench.settled).toEqual([1]);
  });
});

describe("rule 4: fail fast", () => {
  test("fewer live followers than the quorum: refused before anything is appended", () => {
    const bench = leading(two, 2);
    bench.close("follower2");
    const refusal = { reason: "quorumUnavailable", live: 1, quorum: 2 };
    expect(bench.propose([put("a")])).toEqual({ type: "refused", refusal });
    expect(bench.core.last).toBe(0);
    expect(bench.entriesTo("follower1")).toEqual([]);
  });

  test("silence ends a follower's liveness, and so does storage that cannot flush", () => {
    const bench = leading(two, 1);
    bench.pass(2_000, ["follower1"]);
    expect(bench.core.liveFollowers).toEqual(["follower1"]);
    bench.hear("follower1", {
      type: "heartbeatReply",
      epoch: bench.core.epoch,
      number: 1,
      applied: 0,
      digest: "",
      storageFault: "no space left on device",
    });
    expect(bench.core.liveFollowers).toEqual([]);
  });

  test("when the leader itself stood still, the others' silence proves nothing", () => {
    const bench = leading(two, 1);
    bench.pass(200, two);
    bench.now += 60_000;
    bench.do(bench.core.tick(bench.now));
    expect(bench.core.liveFollowers).toEqual(two);
  });
});

describe("rule 5: reads", () => {
  test("the newest settled write is seen, applied or not; an open one is not", () => {
    const bench = leading(three, 1);
    bench.propose([put("a", "1")], { quorum: 3 });
    bench.propose([put("b", "2")]);
    bench.ack("follower1", 2);
    expect(bench.core.applied).toBe(0);
    expect(bench.core.overlay.readView("a")).toEqual({ type: "store" });
    expect(bench.core.overlay.readView("b")).toMatchObject({
      type: "pending",
      write: { value: "2" },
    });
  });
});

describe("rule 7: a full leader", () => {
  test("refuses before it appends, and accepts again once entries are applied", () => {
    const limits = { backlogEntriesMax: 2 };
    const bench = new LeaderBench({ followers: two, writeQuorum: 1, limits }).lead(two);
    bench.propose([put("a")]);
    bench.propose([put("b")]);
    expect(bench.propose([put("c")])).toMatchObject({ refusal: { reason: "overloaded" } });
    expect(bench.core.last).toBe(2);
    bench.ack("follower1", 1);
    expect(bench.propose([put("c")])).toMatchObject({
      type: "accepted",
      slot: { entry: { sequence: 3 } },
    });
  });

  test("is full by bytes as well", () => {
    const limits = { backlogBytesMax: 1_000 };
    const bench = new LeaderBench({ followers: two, writeQuorum: 1, limits }).lead(two);
    bench.propose([put("a", JSON.stringify("x".repeat(2_000)))]);
    expect(bench.propose([put("b")])).toMatchObject({ refusal: { reason: "overloaded" } });
  });
});

describe("rules 10 and 11: streams", () => {
  test("a follower is sent what comes after the mark it promised with", () => {
    const bench = leading(three, 1);
    for (const key of ["a", "b", "c"]) bench.propose([put(key)]);
    bench.ack("follower1", 1, 2, 3);
    bench.close("follower2");
    bench.sent.length = 0;
    bench.open("follower2");
    bench.promise("follower2", { applied: 2, last: 3, blank: false });
    expect(bench.entriesTo("follower2")).toEqual([3]);
  });

  test("what a follower has applied counts as acked", () => {
    const log = [entryOf(1), entryOf(2)];
    const hardState = { promisedEpoch: 1, promisedLeader: "leader", ledEpoch: 1, blank: false };
    const bench = new LeaderBench({ followers: two, writeQuorum: 1, log, hardState });
    bench.do(bench.core.start(0));
    bench.open("follower1");
    expect(bench.core.committed).toBe(0);
    bench.promise("follower1", { applied: 2, last: 2, blank: false });
    expect(bench.core.committed).toBe(2);
  });

  test("a follower whose place the log no longer holds gets the store, then the rest", () => {
    const log = [entryOf(1), entryOf(2, [put("b")]), entryOf(3, [put("c")])];
    const hardState = { promisedEpoch: 1, promisedLeader: "leader", ledEpoch: 1, blank: false };
    const bench = new LeaderBench({ followers: two, writeQuorum: 1, log, applied: 3, hardState });
    bench.disk.state.commit({ append: [], apply: [], compactTo: 2 });
    bench.lead(two);
    const kinds = bench.messagesTo("follower1").map(({ type }) => type);
    expect(kinds).toEqual(["prepare", "lead", "snapshotChunk", "snapshotChunk"]);
    expect(bench.core.liveFollowers).toEqual([]);
    const { epoch } = bench.core;
    const receipt = { type: "snapshotReceipt", epoch, snapshot: 1, index: 1, installed: true };
    bench.hear("follower1", { ...receipt, type: "snapshotReceipt" });
    expect(bench.core.liveFollowers).toEqual(["follower1"]);
    bench.propose([put("d")]);
    expect(bench.entriesTo("follower1")).toEqual([4]);
  });

  test("a follower that speaks and takes nothing does not hold the copied store for ever", () => {
    const log = [entryOf(1), entryOf(2, [put("b")]), entryOf(3, [put("c")])];
    const hardState = { promisedEpoch: 1, promisedLeader: "leader", ledEpoch: 1, blank: false };
    const bench = new LeaderBench({ followers: two, writeQuorum: 1, log, applied: 3, hardState });
    bench.disk.state.commit({ append: [], apply: [], compactTo: 2 });
    bench.lead(two);
    const closed = () => new Set(bench.closed.map(({ to }) => to));
    bench.pass(55_000, two);
    const { epoch } = bench.core;
    bench.hear("follower1", {
      ...{ type: "snapshotReceipt", epoch, snapshot: 1, index: 0, installed: false },
    });
    bench.pass(10_000, two);
    expect(closed()).toEqual(new Set(["follower2"]));
    bench.close("follower2");
    bench.pass(55_000, two);
    expect(closed()).toEqual(new Set(["follower2", "follower1"]));
  });
});

describe("rules 12 to 14: epochs", () => {
  test("nothing of an epoch is sent before the epoch is flushed", () => {
    const bench = new LeaderBench({ followers: two, writeQuorum: 1 });
    bench.disk.held = true;
    bench.do(bench.core.start(0));
    bench.open("follower1");
    expect(bench.sent).toEqual([]);
    bench.disk.release();
    expect(bench.messagesTo("follower1")).toMatchObject([{ type: "prepare", epoch: 1 }]);
  });

  test("a higher epoch met before it leads is overtaken by one higher still", () => {
    const bench = new LeaderBench({ followers: two, writeQuorum: 1 });
    bench.do(bench.core.start(0));
    bench.open("follower1");
    bench.hear("follower1", refusal(8, "follower2"));
    expect(bench.core.epoch).toBe(9);
    expect(bench.messagesTo("follower1").at(-1)).toMatchObject({ type: "prepare", epoch: 9 });
  });

  test("a leader refused for a higher epoch while it leads stops, and will recover", () => {
    const bench = leading(two, 1);
    bench.hear("follower1", refusal(8, "follower2"));
    expect(bench.deposed).toEqual({ reason: "higherEpoch", by: "follower2", epoch: 8 });
    const { promisedEpoch, ledEpoch } = bench.disk.state.hardState;
    expect(promisedEpoch).toBe(8);
    expect(ledEpoch).not.toBe(promisedEpoch);
  });

  test("a node that names another leader deposes nobody, and is heard once", () => {
    const bench = leading(two, 1);
    bench.close("follower1");
    for (let at = 0; at < 2; at += 1) {
      bench.open("follower1");
      bench.hear("follower1", refusal(0, "follower1"));
    }
    const refused = bench.news.filter(({ type }) => type === "refused");
    expect(refused).toEqual([
      { type: "refused", by: "follower1", reason: "promised", isStranger: false },
    ]);
    expect(bench.deposed).toBeUndefined();
  });

  const beforeRestart = { promisedEpoch: 4, promisedLeader: "leader", ledEpoch: 4, blank: false };

  test("a follower of its last epoch that applied what this log lacks: the disk went back", () => {
    const setup = { followers: two, writeQuorum: 1, log: [entryOf(1)], hardState: beforeRestart };
    const promise = { applied: 7, last: 7, blank: false, followedEpoch: 4 };
    const bench = new LeaderBench(setup).lead(["follower1"], { blank: false });
    bench.open("follower2");
    bench.promise("follower2", promise);
    expect(bench.deposed).toEqual({ reason: "diskWentBack" });
    expect(bench.disk.state.hardState.ledEpoch).toBe(0);
    const asked = new LeaderBench({ ...setup, writeQuorum: 2 });
    asked.do(asked.core.start(0));
    asked.open("follower2");
    asked.promise("follower2", promise);
    expect(asked.core.notReady).toContain("recovering");
  });

  test("the disk went back, and the node restarted before it heard of that", () => {
    const promise = { applied: 7, last: 7, blank: false, followedEpoch: 4 };
    for (const writeQuorum of [1, 2]) {
      const setup = { followers: two, writeQuorum, log: [entryOf(1)], hardState: beforeRestart };
      const first = new LeaderBench(setup);
      first.do(first.core.start(0));
      const { hardState } = first.disk.state;
      expect(hardState.promisedEpoch).toBeGreaterThan(beforeRestart.promisedEpoch);
      const second = new LeaderBench({ ...setup, hardState });
      second.do(second.core.start(0));
      second.open("follower2");
      second.promise("follower2", promise);
      if (second.preparing("follower2")) second.promise("follower2", promise);
      expect(second.news.some(({ type }) => type === "storeReplaced")).toBe(false);
    }
  });

  test("a follower whose store is not a prefix of this history is sent all of it anew", () => {
    const log = [entryOf(1), entryOf(2), entryOf(3)];
    const foreign = historyAfter(EMPTY_HISTORY, [entryOf(1), entryOf(2, [], { origin: 3 })]);
    for (const promise of [
      { applied: 7, last: 7, history: EMPTY_HISTORY },
      { applied: 2, last: 2, history: foreign },
    ]) {
      const bench = new LeaderBench({
        followers: two,
        writeQuorum: 1,
        log,
        hardState: beforeRestart,
      });
      bench.lead(["follower1"], { ...promise, blank: false, followedEpoch: 3 });
      const id = "follower1";
      expect(bench.news).toContainEqual({
        type: "storeReplaced",
        id,
        applied: promise.applied,
      });
      const kinds = bench.messagesTo(id).map(({ type }) => type);
      expect(kinds.slice(-2)).toEqual(["lead", "snapshotChunk"]);
      expect(bench.messagesTo(id).at(-2)).toMatchObject({ replace: true });
      expect(bench.settled).toEqual([]);
      expect(bench.core.liveFollowers).toEqual([]);
      expect(bench.core.peers[0]).toMatchObject({ applied: 0, acked: 0 });
      expect(bench.deposed).toBeUndefined();
    }
  });
});

describe("a leader begins", () => {
  test("with an intact log it leads at once, and what was open is sent again", () => {
    const log = [entryOf(1), entryOf(2, [put("b")]), entryOf(3, [put("c")])];
    const hardState = {
      promisedEpoch: 4,
      promisedLeader: "leader",
      ledEpoch: 4,
      blank: false,
      committed: 2,
    };
    const bench = new LeaderBench({ followers: two, writeQuorum: 1, log, applied: 1, hardState });
    bench.do(bench.core.start(0));
    expect(bench.core.notReady).toBeUndefined();
    expect(bench.core).toMatchObject({ epoch: 5, committed: 2, applied: 2, last: 3 });
    expect(bench.core.overlay.readView("b")).toEqual({ type: "store" });
    expect(bench.core.overlay.readView("c")).toEqual({ type: "unsure", sequence: 3 });
    bench.open("follower1");
    bench.promise("follower1", { applied: 2, last: 2, blank: false });
    expect(bench.entriesTo("follower1")).toEqual([3]);
    bench.ack("follower1", 3);
    expect(bench.core.overlay.readView("c")).toEqual({ type: "store" });
    expect(bench.disk.state.table.get("c")).toMatchObject({ version: 3 });
  });

  test("with an intact log it leads once enough followers confirm that nobody else led", () => {
    const hardState = {
      ...{ promisedEpoch: 4, promisedLeader: "leader", ledEpoch: 4, blank: false },
      floor: { epoch: 4, number: 1, quorum: 3, over: 3 },
    };
    const bench = new LeaderBench({
      followers: five,
      writeQuorum: 1,
      log: [entryOf(1)],
      hardState,
    });
    bench.do(bench.core.start(0));
    for (const id of five) bench.open(id);
    bench.promise("follower1", { blank: true });
    bench.promise("follower2", { blank: false });
    bench.promise("follower2", { blank: false });
    expect(bench.core.notReady).toContain("2 of 5 followers answered");
    expect(bench.propose([put("a")])).toMatchObject({ refusal: { reason: "recovering" } });
    bench.promise("follower3", { blank: false });
    expect(bench.core.notReady).toBeUndefined();
    expect(bench.core.last).toBe(1);
  });

  test("with an intact log, but another leader since, it asks the followers for what they hold", () => {
    const hardState = {
      ...{ promisedEpoch: 4, promisedLeader: "leader", ledEpoch: 4, blank: false },
      floor: { epoch: 4, number: 1, quorum: 2, over: 2 },
    };
    const bench = new LeaderBench({
      followers: three,
      writeQuorum: 2,
      log: [entryOf(1)],
      hardState,
    });
    bench.do(bench.core.start(0));
    bench.open("follower1");
    bench.hear("follower1", refusal(9, "follower2"));
    expect(bench.core.epoch).toBe(10);
    expect(bench.core.notReady).toContain("recovering");
    expect(bench.disk.state.hardState.ledEpoch).toBeLessThan(10);
  });

  test("an intact log that too few confirm is recovered with as many as a lost one would need", () => {
    const followers = ["follower1", "follower2", "follower3", "follower4", "follower5"];
    const floor = { epoch: 1, number: 1, quorum: 5, over: 5 };
    const hardState = {
      promisedEpoch: 1,
      promisedLeader: "leader",
      ledEpoch: 1,
      blank: false,
      floor,
    };
    const setup = { followers, writeQuorum: 5, log: [entryOf(1)], applied: 1, hardState };
    for (const [answering, notReady] of [
      [[], "starting"],
      [["follower1"], undefined],
    ] as const) {
      const bench = new LeaderBench(setup);
      bench.do(bench.core.start(0));
      const promise = { applied: 1, last: 1, blank: false, floor, followedEpoch: 1 };
      for (const id of answering) bench.open(id);
      for (const id of answering) bench.promise(id, promise);
      expect(bench.core.notReady).toContain("starting");
      bench.pass(2_000);
      for (const id of answering) bench.promise(id, promise);
      if (notReady === undefined) expect(bench.core.notReady).toBeUndefined();
      else expect(bench.core.notReady).toContain(notReady);
    }
  });

  test("a quorum that is lowered while it waits asks for fewer confirmations", () => {
    const hardState = { promisedEpoch: 1, promisedLeader: "leader", ledEpoch: 1, blank: false };
    const bench = new LeaderBench({
      followers: three,
      writeQuorum: 3,
      log: [entryOf(1)],
      hardState,
    });
    bench.do(bench.core.start(0));
    bench.open("follower1");
    bench.promise("follower1", { blank: false });
    expect(bench.core.notReady).toContain("starting");
    bench.do(bench.core.setWriteQuorum(2, 0));
    expect(bench.core.notReady).toBeUndefined();
  });

  test("an intact log that is closed and opened again before it was confirmed is still intact", () => {
    const hardState = { promisedEpoch: 4, promisedLeader: "leader", ledEpoch: 4, blank: false };
    const setup = { followers: three, writeQuorum: 2, log: [entryOf(1)], hardState };
    const first = new LeaderBench(setup);
    first.do(first.core.start(0));
    const second = new LeaderBench({ ...setup, hardState: first.disk.state.hardState });
    second.do(second.core.start(0));
    second.open("follower1");
    second.promise("follower1", { blank: false });
    expect(second.core.notReady).toBeUndefined();
  });

  test("what it inherits settles after the open entries that its conditions rest on", () => {
    const condition = (version: number) => ({ version, origin: 1 });
    const log = [
      entryOf(1),
      entryOf(2, [{ key: "a", value: "2", condition: condition(1) }]),
      entryOf(3, [{ key: "b", value: "1" }]),
      entryOf(4, [
        { key: "a", value: "3", condition: condition(2) },
        { key: "b", value: "2" },
      ]),
      entryOf(5, [{ key: "b", condition: condition(4) }]),
    ];
    const hardState = { promisedEpoch: 1, promisedLeader: "leader", ledEpoch: 1, blank: false };
    const bench = new LeaderBench({ followers: two, writeQuorum: 1, log, hardState }).lead(two);
    bench.ack("follower1", 2, 4, 5);
    expect(bench.settled).toEqual([]);
    bench.ack("follower1", 1);
    expect(bench.settled).toEqual([1, 2, 4]);
    bench.ack("follower1", 3);
    expect(bench.settled).toEqual([1, 2, 4, 3, 5]);
  });

  test("a floor note that is made while the new epoch is flushed is not durable with it", () => {
    const hardState = { promisedEpoch: 1, promisedLeader: "leader", ledEpoch: 1, blank: false };
    const bench = new LeaderBench({
      followers: three,
      writeQuorum: 2,
      log: [entryOf(1)],
      hardState,
    });
    bench.do(bench.core.start(0));
    for (const id of three) bench.open(id);
    bench.disk.held = true;
    bench.promise("follower1", { blank: false });
    bench.do(bench.core.setWriteQuorum(1, 0));
    bench.disk.releaseOne();
    expect(bench.core.notReady).toBeUndefined();
    for (const id of three) bench.promise(id, { blank: false });
    for (const id of three) bench.noteFloor(id);
    bench.ack("follower1", 1);
    expect(bench.settled).toEqual([]);
    bench.disk.release();
    expect(bench.settled).toEqual([1]);
  });

  test("its history is that of its store, and goes on with what is applied", () => {
    const log = [entryOf(1), entryOf(2)];
    const hardState = { promisedEpoch: 4, ledEpoch: 4, blank: false, committed: 2 };
    const bench = new LeaderBench({ followers: two, writeQuorum: 1, log, applied: 2, hardState });
    expect(bench.core.history).toBe(historyAfter(EMPTY_HISTORY, log));
    bench.lead(two, { applied: 2, last: 2, blank: false });
    bench.propose([put("c")]);
    bench.ack("follower1", 3);
    expect(bench.core.applied).toBe(3);
    const { epoch } = bench.core;
    const third = entryOf(3, [], { origin: epoch });
    expect(bench.core.history).toBe(historyAfter(EMPTY_HISTORY, [...log, third]));
    expect(bench.disk.log.history({ from: 3, to: 3 })).toBe(historyAfter(EMPTY_HISTORY, [third]));
    const lead = bench.messagesTo("follower1").find(({ type }) => type === "lead");
    expect(lead).toMatchObject({ replace: false });
  });

  test("a store that a recovery copied brings its history", () => {
    const bench = new LeaderBench({ followers: ["follower1"], writeQuorum: 1 });
    bench.do(bench.core.start(0));
    bench.open("follower1");
    const facts = { applied: 5, last: 5, blank: false };
    bench.promise("follower1", facts);
    bench.promise("follower1", facts);
    const end = { applied: 5, digest: "0000000000000000", history: "00000000000000ff" };
    bench.hear("follower1", { type: "storePage", epoch: bench.core.epoch, records: [], end });
    expect(bench.core).toMatchObject({ applied: 5, history: end.history });
    expect(bench.disk.state.summary).toMatchObject({ applied: 5, history: end.history });
  });

  test("on an empty disk every follower is seen once before the first write", () => {
    const bench = new LeaderBench({ followers: three, writeQuorum: 3 });
    bench.do(bench.core.start(0));
    for (const id of three) bench.open(id);
    bench.promise("follower1");
    bench.promise("follower2");
    expect(bench.propose([put("a")])).toMatchObject({ refusal: { reason: "recovering" } });
    bench.promise("follower3");
    for (const id of three) bench.promise(id);
    expect(bench.propose([put("a")])).toMatchObject({ type: "accepted" });
  });

  test("a recovery goes on when its source comes back on a new stream before the old one ended", () => {
    const bench = new LeaderBench({ followers: two, writeQuorum: 2 });
    bench.do(bench.core.start(0));
    bench.open("follower1");
    const { epoch } = bench.core;
    bench.promise("follower1", { applied: 5, last: 5, blank: false });
    // Another node led before: the epoch leaps, and the follower is asked again.
    expect(bench.messagesTo("follower1").at(-1)?.type).toBe("prepare");
    expect(bench.core.epoch).toBeGreaterThan(epoch);
    bench.promise("follower1", { applied: 5, last: 5, blank: false });
    expect(bench.messagesTo("follower1").at(-1)?.type).toBe("fetchStore");
    bench.open("follower1");
    bench.sent.length = 0;
    bench.promise("follower1", { applied: 5, last: 5, blank: false });
    expect(bench.messagesTo("follower1").at(-1)?.type).toBe("fetchStore");
  });
});

describe("the floor", () => {
  test("a write with fewer acks than the floor settles only once enough followers know of it", () => {
    const bench = leading(five, 3);
    bench.propose([put("a")], { quorum: 1 });
    bench.ack("follower1", 1);
    bench.noteFloor("follower1");
    bench.noteFloor("follower2");
    expect(bench.settled).toEqual([]);
    bench.noteFloor("follower3");
    expect(bench.settled).toEqual([1]);
  });

  test("what was written while a low quorum was usual is not forgotten when it rises", () => {
    const bench = leading(five, 3);
    bench.do(bench.core.setWriteQuorum(1, bench.now));
    for (const id of five) bench.noteFloor(id);
    bench.pass(20_000, five);
    bench.propose([put("a")]);
    bench.ack("follower1", 1);
    expect(bench.settled).toEqual([1]);
    bench.do(bench.core.setWriteQuorum(3, bench.now));
    bench.sent.length = 0;
    bench.pass(20_000, five);
    const raised = () => bench.sent.some(({ message }) => message.type === "floor");
    expect(raised()).toBe(false);
    bench.ack("follower2", 1);
    bench.ack("follower3", 1);
    bench.pass(1_000, five);
    expect(raised()).toBe(true);
  });

  test("a follower that is receiving a snapshot hears of a new floor like the rest", () => {
    const log = [entryOf(1), entryOf(2, [put("b")]), entryOf(3, [put("c")])];
    const hardState = { promisedEpoch: 1, promisedLeader: "leader", ledEpoch: 1, blank: false };
    const bench = new LeaderBench({ followers: two, writeQuorum: 2, log, applied: 3, hardState });
    bench.disk.state.commit({ append: [], apply: [], compactTo: 2 });
    bench.lead(two, { blank: false });
    bench.do(bench.core.setWriteQuorum(1, bench.now));
    expect(bench.messagesTo("follower1").at(-1)).toMatchObject({ type: "floor" });
  });

  test("with too few live followers all of them must know it, and the leader says so", () => {
    const bench = new LeaderBench({ followers: three, writeQuorum: 3 }).lead(three);
    bench.close("follower2");
    bench.close("follower3");
    bench.propose([put("a")], { quorum: 1 });
    bench.ack("follower1", 1);
    expect(bench.settled).toEqual([]);
    bench.noteFloor("follower1");
    expect(bench.settled).toEqual([1]);
    expect(bench.news).toContainEqual({ type: "floor", quorum: 1, degraded: true });
  });
});

describe("committed marks", () => {
  test("travel with appends, and by themselves to whom no append told them", () => {
    const bench = leading(two, 1);
    bench.propose([put("a")]);
    bench.ack("follower1", 1);
    bench.sent.length = 0;
    bench.do(bench.core.announce());
    for (const id of two)
      expect(bench.messagesTo(id)).toMatchObject([{ type: "append", entries: [], committed: 1 }]);
    bench.do(bench.core.announce());
    expect(bench.sent).toHaveLength(2);
  });
});

describe("what a follower says must fit to what it was sent", () => {
  const bench = () => new LeaderBench({ followers: two, writeQuorum: 1 }).lead(two);
  const { far, usual } = { far: 2 ** 53 - 1, usual: { applied: 0, digest: "", storageFault: "" } };

  test("a refusal with an epoch that nobody can have promised deposes nobody, and burns no epoch", () => {
    for (const promisedEpoch of [far, 2 ** 52, 2 ** 33]) {
      const leader = bench();
      const { epoch } = leader.core;
      leader.hear("follower1", refusal(promisedEpoch, "follower2"));
      expect(leader.deposed).toBeUndefined();
      expect(leader.core.epoch).toBe(epoch);
      expect(leader.news).toContainEqual({
        type: "refused",
        by: "follower1",
        reason: "it names an epoch that is not believed: promised",
        isStranger: false,
      });
    }
  });

  test("a leader whose disk was lost believes one refusal of any epoch that can be followed, and no further one", () => {
    const leader = new LeaderBench({ followers: two, writeQuorum: 1 });
    leader.do(leader.core.start(0));
    for (const id of two) leader.open(id);
    leader.hear("follower1", refusal(2 ** 52 + 1, "follower2"));
    expect(leader.core.epoch).toBe(1);
    leader.hear("follower1", refusal(2 ** 40, "follower2"));
    expect(leader.core.epoch).toBe(2 ** 40 + 1);
    leader.hear("follower1", refusal(2 ** 41, "follower2"));
    expect(leader.core.epoch).toBe(2 ** 40 + 1);
  });

  test("where no epoch is left, none is promised", () => {
    const hardState = { promisedEpoch: 2 ** 52, promisedLeader: "follower1", blank: false };
    const leader = new LeaderBench({ followers: two, writeQuorum: 1, hardState });
    leader.do(leader.core.start(0));
    expect(leader.deposed).toEqual({ reason: "noEpochLeft" });
    expect(leader.disk.state.hardState.promisedEpoch).toBe(2 ** 52);
  });

  test.each([
    ["a heartbeat", { type: "heartbeatReply", number: 99, ...usual }, "it answers heartbeat 99"],
    ["a round", { type: "confirmed", number: 99, lends: true }, "it answers round 99"],
    ["entries", { type: "acks", ranges: [], applied: 99, digest: "" }, "it has applied 99"],
  ] as const)("%s that were never sent: its stream is closed", (_, message, reason) => {
    const leader = bench();
    leader.hear("follower1", { ...message, epoch: leader.core.epoch });
    expect(leader.closed).toMatchObject([
      { to: "follower1", reason: expect.stringContaining(reason) },
    ]);
  });

  test("a chunk that was not sent, or the end before it was: its stream is closed", () => {
    const entries = Array.from({ length: 3 }, (_, index) => entryOf(index + 1));
    for (const [index, installed] of [
      [99, false],
      [0, true],
    ] as const) {
      const hardState = { promisedEpoch: 1, ledEpoch: 1, blank: false, committed: 3 };
      const setup = {
        followers: ["follower1"],
        writeQuorum: 1,
        log: entries,
        applied: 3,
        hardState,
      };
      const leader = new LeaderBench({ ...setup, limits: { chunkBytesMax: 1 } });
      leader.disk.state.commit({ append: [], apply: [], compactTo: 2 });
      leader.lead(["follower1"]);
      expect(leader.messagesTo("follower1").at(-1)).toMatchObject({ type: "snapshotChunk" });
      const receipt = { type: "snapshotReceipt", snapshot: 1, index, installed } as const;
      const before = leader.sent.length;
      leader.hear("follower1", { ...receipt, epoch: leader.core.epoch });
      expect(leader.closed.map(({ to }) => to)).toEqual(["follower1"]);
      expect(leader.sent.length).toBe(before);
    }
  });

  test("its name must be that of the node that was dialled", () => {
    const leader = new LeaderBench({ followers: two, writeQuorum: 1 });
    leader.do(leader.core.start(0));
    leader.open("follower1");
    leader.promise("follower1", { member: memberOf("follower2") });
    expect(leader.closed).toEqual([{ to: "follower1", reason: "it says that it is follower2" }]);
  });
});

function refusal(promisedEpoch: number, promisedLeader: string) {
  return { type: "refusal", promisedEpoch, promisedLeader, reason: "promised" } as const;
}
