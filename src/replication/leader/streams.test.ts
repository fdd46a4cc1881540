import { describe, expect, test } from "vitest";
import { entryOf, put } from "../../../test/support/benches/samples.ts";
import { MemoryState } from "../../storage/memory/state.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import type { LeaderMessage } from "../types.ts";
import { entryBytes } from "../views.ts";
import { Backlog } from "./backlog.ts";
import { LeaderDraft } from "./leader-effects.ts";
import { Peer } from "./peer.ts";
import { Streams } from "./streams.ts";

/** A leader with entries 1..last, of which some are applied and the log reaches back to some. */
function bench(facts: {
  last: number;
  applied?: number;
  first?: number;
  limits?: Partial<Limits>;
}) {
  const { last, applied = 0, first = 1 } = facts;
  const state = new MemoryState();
  const entries = Array.from({ length: last }, (_, at) => entryOf(at + 1, [put(`k${at + 1}`)]));
  state.commit({ append: entries, apply: entries.slice(0, applied) });
  state.commit({ append: [], apply: [], compactTo: first - 1 });
  const backlog = new Backlog({
    first: () => state.logBounds.first,
    read: (from, limit) => state.readLog(from, limit),
    history: (range) => state.logHistory(range),
  });
  for (const entry of entries.slice(applied)) backlog.add(entry);
  const position = { epoch: 3, committed: applied, last };
  const out = new LeaderDraft();
  const streams = new Streams({
    limits: { ...DEFAULT_LIMITS, ...facts.limits },
    backlog,
    store: { get: (key) => state.table.get(key), list: () => [], copy: () => state.copy() },
    position: () => position,
    out,
  });
  /** What the streams ask for, step by step: messages and nothing else. */
  const sent = (): readonly LeaderMessage[] => {
    const { sends, ...rest } = out.take();
    expect(rest).toEqual(nothingElse);
    return sends.map(({ message }) => message);
  };
  const step = {
    begin: (peer: Peer) => {
      streams.begin(peer);
      return sent();
    },
    pump: (peer: Peer) => {
      streams.pump(peer);
      return sent();
    },
    hasMore: (peers: readonly Peer[]) => streams.hasMore(peers),
    announce: (peers: readonly Peer[]) => {
      streams.announce(peers);
      return sent();
    },
    receipt: (...facts: Parameters<Streams["receipt"]>) => {
      streams.receipt(...facts);
      return sent();
    },
  };
  return { streams: step, position, state, backlog };
}

const nothingElse = { storage: [], closes: [], news: [], settled: [], deposed: undefined };
const sequences = (messages: readonly LeaderMessage[]) =>
  messages.flatMap((message) =>
    message.type === "append" ? [message.entries.map(({ sequence }) => sequence)] : [],
  );
const peerAt = (applied: number) => {
  const peer = new Peer("f1");
  peer.startsFrom({ applied, digest: "" });
  return peer;
};

describe("a stream", () => {
  test("begins right after what is applied, with older entries read back from the log", () => {
    const { streams } = bench({ last: 5, applied: 3 });
    expect(sequences(streams.begin(peerAt(1))).flat()).toEqual([2, 3, 4, 5]);
  });

  test("keeps to the window: what is beyond costs a cursor until acks come", () => {
    const { streams } = bench({ last: 6, limits: { windowEntriesMax: 4, messageEntriesMax: 2 } });
    const peer = peerAt(0);
    expect(sequences(streams.begin(peer))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    peer.delivered(2, 4);
    expect(sequences(streams.pump(peer))).toEqual([]);
    peer.delivered(1, 1);
    expect(sequences(streams.pump(peer))).toEqual([[5, 6]]);
    expect(peer.acked).toBe(4);
  });

  test("keeps to the window in bytes as well", () => {
    const bytes = entryBytes(entryOf(1, [put("k1")]));
    const limits = { windowBytesMax: 2 * bytes, messageEntriesMax: 1 };
    const { streams } = bench({ last: 4, limits });
    const peer = peerAt(0);
    expect(sequences(streams.begin(peer))).toEqual([[1], [2]]);
    peer.delivered(1, 2);
    expect(sequences(streams.pump(peer))).toEqual([[3], [4]]);
  });

  test("fills its window four appends a step: no step reads all of it", () => {
    const last = 20;
    const limits = { messageEntriesMax: 1, windowEntriesMax: 18 };
    const { streams } = bench({ last, applied: 10, limits });
    const peer = peerAt(0);
    const steps = [sequences(streams.begin(peer)).flat()];
    while (streams.hasMore([peer])) steps.push(sequences(streams.pump(peer)).flat());
    expect(steps).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
      [13, 14, 15, 16],
      [17, 18],
    ]);
    peer.delivered(1, 1);
    expect(streams.hasMore([peer])).toBe(true);
    expect(sequences(streams.pump(peer)).flat()).toEqual([19]);
    expect(streams.hasMore([peer, new Peer("down")])).toBe(false);
  });

  test("makes one message for all followers at the same place", () => {
    const { streams } = bench({ last: 3 });
    const [first] = streams.begin(peerAt(0));
    const [second] = streams.begin(new Peer("f2"));
    expect(first).toBe(second);
  });

  test("ignores acks of what was never sent on it", () => {
    const { streams } = bench({ last: 3 });
    const peer = peerAt(0);
    streams.begin(peer);
    peer.delivered(1, 1_000_000_000);
    expect(peer.acked).toBe(3);
  });
});

test("the committed mark is told alone only to whom no append told it", () => {
  const { streams, position } = bench({ last: 2 });
  const [fresh, slow] = [peerAt(0), new Peer("f2")];
  streams.begin(fresh);
  streams.begin(slow);
  position.committed = 2;
  position.last = 2;
  expect(streams.announce([fresh, slow])).toHaveLength(2);
  expect(streams.announce([fresh, slow])).toEqual([]);
  expect(streams.announce([new Peer("down")])).toEqual([]);
});

describe("a snapshot", () => {
  const limits = { chunkBytesMax: 1, snapshotChunksMax: 2 };
  const receipt = (index: number, installed = false, snapshot = 1) =>
    ({ type: "snapshotReceipt", epoch: 3, snapshot, index, installed }) as const;
  const chunks = (messages: readonly LeaderMessage[]) =>
    messages.map((message) =>
      message.type === "snapshotChunk"
        ? [message.index, ...message.records.map(({ key }) => key)]
        : message.type,
    );

  test("goes to whom the log no longer reaches, chunk by chunk as receipts come", () => {
    const { streams, state } = bench({ last: 5, applied: 4, first: 4, limits });
    const peer = peerAt(1);
    expect(chunks(streams.begin(peer))).toEqual([
      [0, "k1"],
      [1, "k2"],
    ]);
    expect(peer.state).toBe("syncing");
    expect(chunks(streams.receipt(peer, receipt(0)))).toEqual([[2, "k3"]]);
    const rest = streams.receipt(peer, receipt(2));
    expect(chunks(rest)).toEqual([[3, "k4"], [4]]);
    const { applied, digest, history } = state.summary;
    expect(rest.at(-1)).toMatchObject({ end: { applied, digest, history } });
    expect(history).toMatch(/^[0-9a-f]{16}$/);
    expect(streams.receipt(peer, receipt(3))).toEqual([]);
    expect(sequences(streams.receipt(peer, receipt(4, true)))).toEqual([[5]]);
    expect(peer).toMatchObject({ state: "live", applied: 4, acked: 4 });
  });

  test("fills its window two chunks a step: no step reads all of it", () => {
    const wide = { chunkBytesMax: 1, snapshotChunksMax: 4 };
    const { streams } = bench({ last: 9, applied: 9, first: 10, limits: wide });
    const peer = peerAt(1);
    const begun = streams.begin(peer);
    const steps = [0, 1, 2, 3].map((index) => streams.receipt(peer, receipt(index)));
    expect([begun, ...steps].map((step) => chunks(step).map(([index]) => index))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [6],
      [7],
    ]);
  });

  test("also follows a stream whose cursor the log left behind", () => {
    const { streams, state } = bench({ last: 4, applied: 4, limits: { windowEntriesMax: 2 } });
    const peer = peerAt(0);
    expect(sequences(streams.begin(peer))).toEqual([[1, 2]]);
    state.commit({ append: [], apply: [], compactTo: 3 });
    peer.delivered(1, 2);
    expect(chunks(streams.pump(peer))[0]).toEqual([0, "k1", "k2", "k3", "k4"]);
  });

  test("that is over has no more receipts, and its copy is closed when the stream ends", () => {
    const { streams } = bench({ last: 5, applied: 4, first: 4, limits });
    const peer = peerAt(1);
    streams.begin(peer);
    const copy = peer.link.state === "snapshot" ? peer.link.copy : undefined;
    peer.drop();
    expect(() => copy?.page(undefined, 1)).toThrow();
    expect(streams.receipt(peer, receipt(0))).toEqual([]);
    streams.begin(peer);
    expect(streams.receipt(peer, receipt(0, true, 1))).toEqual([]);
    expect(peer.state).toBe("syncing");
  });
});

describe("a peer", () => {
  test("tells mark and digest of one moment together, and never an older one", () => {
    const peer = peerAt(4);
    peer.showed({ applied: 3, digest: "old" });
    expect(peer).toMatchObject({ applied: 4, digest: "" });
    peer.showed({ applied: 5, digest: "new" });
    expect(peer).toMatchObject({ applied: 5, digest: "new" });
  });
});
