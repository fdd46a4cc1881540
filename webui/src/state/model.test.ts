import { expect, test } from "vitest";
import type { ClusterView, Hello, LeaderEvent, MemberView, NodeEvent } from "../api/wire.ts";

import { healthOf } from "./health.ts";
import { Model } from "./model.ts";

const write = (sequence: number, at: number): NodeEvent => ({
  type: "write",
  at,
  sequence,
  keys: [`key/${sequence}`],
  kind: "put",
  quorum: 2,
});
const ack = (sequence: number, at: number, node: string): NodeEvent => ({
  type: "ack",
  at,
  sequence,
  node,
  ms: 10,
  delayMs: 8,
});
const settled = (sequence: number, at: number, latencyMs: number): NodeEvent => ({
  type: "settled",
  at,
  sequence,
  quorum: 2,
  latencyMs,
});
type Rate = NodeEvent & { type: "rate" };
const rate = (at: number, change: Partial<Rate> = {}): Rate => ({
  type: "rate",
  at,
  writes: 0,
  acks: {},
  p50: null,
  p95: null,
  p99: null,
  refused: {},
  unknown: 0,
  unshown: 0,
  ...change,
});

const member = (id: string, change: Partial<MemberView> = {}): MemberView => ({
  id,
  role: id === "leader" ? "leader" : "follower",
  url: "",
  state: "live",
  acked: 7,
  applied: 7,
  lag: 0,
  lagMs: 0,
  digestMatch: true,
  lastContactMs: 1,
  incarnation: "a",
  storageFault: "",
  refusal: "",
  ...change,
});

const view = (changes: Readonly<Record<string, Partial<MemberView>>> = {}): ClusterView => ({
  leader: "leader",
  servedBy: "leader",
  fromLeader: true,
  epoch: 1,
  last: 7,
  committed: 7,
  writeQuorum: 2,
  settings: null,
  leaderSince: null,
  survives: null,
  cluster: null,
  nodes: ["leader", "follower1", "follower2", "follower3"].map((id) => member(id, changes[id])),
});

test("history replayed after a reconnect changes nothing that is known", () => {
  const model = new Model();
  const events: readonly NodeEvent[] = [
    write(1, 100),
    ack(1, 110, "follower1"),
    ack(1, 112, "follower2"),
    settled(1, 112, 12),
    { type: "member", at: 120, id: "follower3", state: "unreachable", restarted: false },
    rate(200, { writes: 1, p50: 12, p95: 12, p99: 12 }),
    { type: "cluster", at: 210, cluster: view() },
  ];
  expect(events.map((event) => model.apply(event))).toEqual(events.map(() => true));
  const told = model.feed.length;
  expect(events.map((event) => model.apply(event))).toEqual(events.map(() => false));
  expect(model.feed.length).toBe(told);
  expect(model.traces.ring.at(-1)).toMatchObject({ latencyMs: 12, outcome: "settled" });
  expect(model.traces.ring.at(-1)?.acks.map(({ node }) => node)).toEqual([
    "follower1",
    "follower2",
  ]);
});

test("a new leadership may give a sequence to another write; its acks do not mix", () => {
  const model = new Model();
  for (const event of [write(1, 100), ack(1, 110, "follower1"), write(1, 900)]) model.apply(event);
  model.apply(ack(1, 910, "follower1"));
  expect(model.traces.ring.length).toBe(2);
  expect(model.traces.find(1)).toMatchObject({ at: 900 });
  expect(model.traces.find(1)?.acks).toHaveLength(1);
});

const of = (node: string, epoch: number) => ({ node, epoch });
const settings = (writeQuorum: number) => ({
  writeQuorum,
  minDelay: 0,
  maxDelay: 10 * writeQuorum,
  followerDelays: {},
});
const configured = (at: number, writeQuorum: number): NodeEvent => ({
  type: "config",
  at,
  config: settings(writeQuorum),
});

test("the settings are those of the leadership that greeted last", () => {
  const model = new Model();
  model.greeted("leader 1", { ...of("leader", 1), config: settings(1), now: 1000 });
  model.apply(configured(900, 5), "leader 1");
  expect(model.config).toEqual(settings(1));
  model.apply(configured(1100, 2), "leader 1");
  expect(model.config).toEqual(settings(2));
  model.greeted("leader 2", { ...of("leader", 2), config: settings(3), now: 5000 });
  model.apply({ type: "cluster", at: 5001, cluster: view() }, "leader 2");
  expect(model.config).toEqual(settings(3));
  // It was under way when the new leader greeted.
  model.apply(configured(9000, 4), "leader 1");
  expect(model.config).toEqual(settings(3));
});

test("a leader whose clock is behind the one before is heard at once", () => {
  const model = new Model();
  model.greeted("leader 1", { ...of("leader", 1), config: settings(1), now: 90_000 });
  for (const event of [rate(90_000, { writes: 1 }), configured(90_001, 2)])
    model.apply(event, "leader 1");
  model.apply({ type: "cluster", at: 90_000, cluster: view() }, "leader 1");
  model.greeted("leader2 2", { ...of("leader2", 2), config: settings(3), now: 10_000 });
  const down = { type: "member", at: 10_001, id: "follower1", restarted: false } as const;
  for (const event of [rate(10_001, { writes: 7 }), configured(10_002, 4)])
    expect(model.apply(event, "leader2 2")).toBe(true);
  expect(model.apply({ ...down, state: "unreachable" }, "leader2 2")).toBe(true);
  const cluster = view({ follower1: { state: "unreachable" } });
  expect(model.apply({ type: "cluster", at: 10_003, cluster }, "leader2 2")).toBe(true);
  expect(model.rates.at(-1)?.writes).toBe(7);
  expect(model.config).toEqual(settings(4));
  expect(model.cluster).toBe(cluster);
  expect(model.apply(rate(10_001, { writes: 7 }), "leader2 2")).toBe(false);
});

test("a new leader is told once, with its election, and a replay tells nothing again", () => {
  const model = new Model();
  const told = () => [...model.feed].map(({ text }) => text);
  const leads = (role: Hello["role"], leader: string, epoch: number): LeaderEvent => ({
    type: "leader",
    ...{ role, leader, epoch, at: 0 },
  });
  const at = new Date(2026, 1, 1, 12, 3, 4, 567).getTime();
  const report = (epoch: number, leader: string) => ({
    ...{ type: "cluster" as const, at: at + epoch },
    cluster: { ...view(), epoch, leader, leaderSince: at },
  });
  // The leadership in which the page was opened is no news.
  model.apply(report(4, "leader"), "leader 1");
  expect(told()).toEqual([]);
  const events: readonly NodeEvent[] = [
    { ...leads("follower", "", 4), at: at - 500 },
    { ...leads("candidate", "", 9), at: at - 100 },
    { ...leads("leader", "follower3", 9), at },
    report(9, "follower3"),
  ];
  for (const event of events) model.apply(event, "follower3 1");
  const story = [
    "follower3 knows no leader.",
    "follower3 stands for leader in epoch 9.",
    "follower3 leads since 12:03:04, epoch 9.",
  ];
  expect(told()).toEqual(story);
  expect(model.leadership).toEqual({ leader: "follower3", epoch: 9, since: at });
  for (const event of events) model.apply(event, "follower3 1");
  // Another node tells of the same leader, and one of an election that is over.
  model.apply({ ...leads("follower", "follower3", 9), at: at + 20 }, "follower1 1");
  model.apply({ ...leads("candidate", "", 7), at: at + 30 }, "follower2 1");
  expect(told()).toEqual(story);
});

test("refused writes are told with their reason, and as not written", () => {
  const model = new Model();
  model.apply(rate(1000, { refused: { QUORUM_UNAVAILABLE: 12 } }));
  expect(model.feed.at(-1)).toMatchObject({
    tone: "bad",
    text: "12 writes refused, nothing was written: the quorum is out of reach.",
  });
  model.apply(rate(2000, { refused: { VERSION_MISMATCH: 1 } }));
  expect(model.feed.at(-1)).toMatchObject({ tone: "plain" });
});

test("memory stays bounded however many writes pass", () => {
  const model = new Model();
  for (let sequence = 1; sequence <= 5000; sequence++) {
    model.apply(write(sequence, sequence * 10));
    model.apply(settled(sequence, sequence * 10 + 5, 5));
  }
  expect(model.traces.ring.length).toBe(600);
  expect(model.traces.find(1)).toBeUndefined();
  expect(model.traces.find(5000)).toBeDefined();
  expect(model.feed.length).toBe(200);
});

test("an unknown outcome that settles later is told as settled, never as failed", () => {
  const model = new Model();
  model.apply(write(1, 100));
  model.apply({ type: "unknown", at: 300, sequence: 1, quorum: 2, acks: ["follower1"] });
  expect(model.traces.find(1)?.outcome).toBe("unknown");
  model.apply(settled(1, 900, 800));
  expect(model.traces.find(1)?.outcome).toBe("settled");
  const told = [...model.feed].map(({ text }) => text).join("\n");
  expect(told).toContain("outcome unknown, 1 of 2 acks in time. It may still settle.");
  expect(told).toContain("That outcome was unknown until now.");
  expect(told).not.toMatch(/fail/i);
});

test("a restart is counted, and the state keeps its beginning", () => {
  const model = new Model();
  const news = (at: number, state: "live" | "unreachable", restarted = false): NodeEvent => ({
    type: "member",
    at,
    id: "follower1",
    state,
    restarted,
  });
  for (const event of [news(100, "unreachable"), news(400, "live", true)]) model.apply(event);
  expect(model.members["follower1"]).toEqual({
    state: "live",
    since: 400,
    restartedAt: 400,
    restarts: 1,
  });
});

test("the health sentence says the worst news, and only that", () => {
  const sentence = (cluster: ClusterView, quorum = 2) => healthOf(cluster, quorum).sentence;
  expect(sentence(view())).toBe("3 of 3 followers live, all in sync at version 7");
  expect(sentence(view({ follower2: { lag: 3 } }))).toBe(
    "3 of 3 followers live, 1 behind by up to 3 entries",
  );
  const one = { follower2: { state: "unreachable" } } as const;
  expect(sentence(view(one))).toBe("2 of 3 followers live, follower2 unreachable");
  expect(sentence(view(one), 3)).toContain("quorum 3 is out of reach, writes are refused");
  const differs = { ...one, follower1: { digestMatch: false } };
  expect(sentence(view(differs))).toBe("follower1 differs from the leader");
  expect(sentence(view({ follower1: { state: "syncing" } }))).toContain("catching up by snapshot");
  expect(sentence(view({ leader: { storageFault: "no space left (ENOSPC)" } }))).toContain(
    "ENOSPC",
  );
  const alone = { ...view(), fromLeader: false, servedBy: "follower1" };
  expect(sentence(alone)).toBe("leader does not answer: no writes; reads here show version 7");
});
