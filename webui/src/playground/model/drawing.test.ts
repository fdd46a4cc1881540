import { expect, test } from "vitest";
import { withDeed, writeCommand } from "./deeds.ts";
import { diagramOf, type View } from "./diagram.ts";
import { inkOf, labelsOf } from "./figure.ts";
import { happeningsOf, stretchesOf } from "./happenings.ts";
import type { Moment, NodeView, Recording, Voyage } from "./moments.ts";
import { scaleOf } from "./scale.ts";
import { svgOf } from "./svg.ts";

const node = (id: string, part: Partial<NodeView> = {}): NodeView => ({
  id,
  state: "up",
  role: "follower",
  leader: "a",
  epoch: 1,
  promisedEpoch: 1,
  promisedLeader: "a",
  last: 0,
  committed: 0,
  applied: 0,
  cells: [],
  disk: [],
  diskState: "ok",
  ...part,
});

const moment = (index: number, at: number, nodes: readonly NodeView[]): Moment => ({
  ...{ index, at, kind: "message", kinds: ["message"], text: "", line: 0, point: undefined },
  ...{ voyages: 0, calls: 0, nodes, flights: [], cuts: [], slow: [] },
});

const received = { sequence: 1, epoch: 1, text: "a=1", state: "received" } as const;
const durable = { ...received, state: "durable" } as const;
const leads = { role: "leader" } as const;

const moments = [
  moment(0, 0, [node("a", leads), node("b")]),
  moment(1, 1, [node("a", { ...leads, cells: [received] }), node("b")]),
  moment(2, 2, [node("a", { ...leads, cells: [durable], committed: 1 }), node("b")]),
  moment(3, 8, [node("a", { state: "down" }), node("b")]),
  moment(4, 9, [node("a", { state: "down" }), node("b", { ...leads, epoch: 2 })]),
];

const voyage = (id: number, part: Partial<Voyage> = {}): Voyage => ({
  ...{ id, from: "a", to: "b", type: "append", text: "append [1: a=1], committed 0" },
  ...{ sentAt: 1, endedAt: 2, outcome: "delivered" },
  ...part,
});

const recording: Pick<Recording, "ids" | "moments" | "voyages" | "calls"> = {
  ids: ["a", "b"],
  moments,
  voyages: [
    voyage(1),
    voyage(2, { outcome: "lost" }),
    voyage(3, { type: "heartbeat", text: "heartbeat", from: "b", to: "a" }),
    voyage(4, { endedAt: undefined, outcome: "under way" }),
  ],
  calls: [
    {
      ...{ id: 1, node: "a", text: "a=1", keys: ["a"] },
      ...{ calledAt: 1, answeredAt: 2, outcome: "version 1" },
    },
  ],
};

const view: View = {
  ...{ width: 600, gutter: 80, laneHeight: 50, fromUnits: 0, pxPerUnit: 40, withBeats: false },
};
const facts = {
  recording,
  happenings: happeningsOf(recording),
  stretches: stretchesOf(recording),
  scale: scaleOf(moments.map(({ at }) => at)),
};

test("what changed between two moments tells what happened where", () => {
  expect(happeningsOf(recording).map(({ name, node: id, at }) => [name, id, at])).toEqual([
    ["flush", "a", 2],
    ["commit", "a", 2],
    ["crash", "a", 8],
    ["leads", "b", 9],
  ]);
});

test("each node has a state at every instant", () => {
  expect(stretchesOf(recording).get("a")).toEqual([
    { fromAt: 0, toAt: 8, state: "up", leads: true },
    { fromAt: 8, toAt: 9, state: "down", leads: false },
  ]);
  expect(
    stretchesOf(recording)
      .get("b")
      ?.map((one) => one.leads),
  ).toEqual([false, true]);
});

test("a node that a later cluster does not have ends with its own", () => {
  const moments = [
    moment(0, 0, [node("a"), node("b")]),
    moment(1, 4, [node("a")]),
    moment(2, 9, [node("a")]),
  ];
  const stretches = stretchesOf({ moments, ids: ["a", "b"] });
  expect(stretches.get("a")?.map(({ fromAt, toAt }) => [fromAt, toAt])).toEqual([[0, 9]]);
  expect(stretches.get("b")?.map(({ fromAt, toAt }) => [fromAt, toAt])).toEqual([[0, 4]]);
});

test("a message slants from its sender's line to its receiver's; a lost one ends before it", () => {
  const { voyages, lanes } = diagramOf(facts, view);
  const [a, b] = lanes.map(({ y }) => y);
  expect(voyages.map(({ voyage: { id } }) => id)).toEqual([1, 2, 4]);
  expect([voyages[0]?.y1, voyages[0]?.y2]).toEqual([a, b]);
  expect(voyages[0]?.x1).toBe(120);
  expect(voyages[0]?.x2).toBe(160);
  expect(voyages[1]?.y2).toBeLessThan(b ?? 0);
  expect(voyages[2]?.x2).toBe(
    Math.max(...lanes.flatMap(({ stretches }) => stretches.map((one) => one.x2))),
  );
});

test("heartbeats are drawn on request, and what is out of view is not", () => {
  expect(diagramOf(facts, { ...view, withBeats: true }).voyages).toHaveLength(4);
  const later = diagramOf(facts, { ...view, fromUnits: 5, pxPerUnit: 200 });
  expect(later.voyages.map(({ voyage: { id } }) => id)).toEqual([4]);
  expect(later.calls).toEqual([]);
});

test("the times on the axis are round, and do not lie on each other", () => {
  const scale = scaleOf([0, 0.37, 2.14, 3, 87.2, 133, 990]);
  const { ticks } = diagramOf({ ...facts, scale }, { ...view, width: 1600, pxPerUnit: 60 });
  expect(ticks.length).toBeGreaterThan(8);
  for (const { at } of ticks) expect((at * 2) % 1).toBe(0);
  for (const [place, { x }] of ticks.entries())
    expect(x - (ticks[place - 1]?.x ?? -100)).toBeGreaterThan(40);
});

test("labels do not lie on each other", () => {
  const crowd = { ...recording, voyages: Array.from({ length: 40 }, (_, id) => voyage(id)) };
  const labels = labelsOf(diagramOf({ ...facts, recording: crowd }, view), view.width);
  expect(labels.length).toBeGreaterThan(0);
  expect(labels.length).toBeLessThan(10);
});

test("the figure for print is black on white and keeps markup out of texts", () => {
  const named = { ...recording, calls: recording.calls.map((one) => ({ ...one, text: "<b>&" })) };
  const diagram = diagramOf({ ...facts, recording: named }, view);
  const svg = svgOf(inkOf(diagram, view), { ...view, height: diagram.height, title: "One write" });
  expect(svg).toContain("&lt;b>&amp;");
  expect(svg).not.toMatch(/style=|class=|NaN|undefined/);
  expect(new Set(svg.match(/#[0-9a-f]{3,6}/g))).toEqual(new Set(["#fff", "#000"]));
});

test("a deed is appended as a command, and time runs on where the command takes none", () => {
  expect(withDeed("> cluster followers=3\n\n", "crash follower1")).toBe(
    "> cluster followers=3\n\n> crash follower1\n\n> run 20ms\n",
  );
  expect(withDeed("> cluster", "write a=1")).toBe("> cluster\n\n> write a=1\n");
  expect(writeCommand({ key: "a", value: "", ifVersion: "3" })).toBe("delete a if=3");
  expect(writeCommand({ key: "a", value: "1", quorum: "0" })).toBe("write a=1 quorum=0");
});
