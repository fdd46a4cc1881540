import { expect, test } from "vitest";
import { flightAt, kindOf, placeFlights } from "./flights.ts";
import { isQuiet, jumpFrom, marksOf } from "./marks.ts";
import type { FlightView, Moment } from "./moments.ts";
import { heightFor, placesIn, wayBetween } from "./places.ts";
import { scaleOf } from "./scale.ts";

const moment = (index: number, part: Partial<Moment>): Moment => ({
  index,
  at: index,
  kind: "message",
  kinds: [part.kind ?? "message"],
  point: undefined,
  voyages: 0,
  calls: 0,
  text: "",
  line: 0,
  nodes: [],
  flights: [],
  cuts: [],
  slow: [],
  ...part,
});

const flight = (part: Partial<FlightView>): FlightView => ({
  id: 1,
  from: "a",
  to: "b",
  type: "append",
  text: "append [1: a=1], committed 0",
  sentAt: 0,
  dueAt: 10,
  isHeld: false,
  ...part,
});

const ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

test("short waits are drawn to scale, long ones shorter, and the way back is exact", () => {
  const scale = scaleOf([0, 1, 1, 3, 103, 1103]);
  expect(scale.unitsAt(1)).toBe(1);
  expect(scale.unitsAt(3)).toBe(3);
  expect(scale.unitsAt(103) - 3).toBeLessThan(20);
  expect(scale.unitsAt(1103)).toBeGreaterThan(scale.unitsAt(103));
  expect(scale.shortened.map(({ fromAt }) => fromAt)).toEqual([3, 103]);
  for (const at of [0, 0.5, 1, 2.25, 3, 50, 700, 1103])
    expect(scale.atUnits(scale.unitsAt(at))).toBeCloseTo(at, 6);
});

test("an instant outside of the axis stands at its nearest end", () => {
  const scale = scaleOf([10, 12]);
  expect([scale.unitsAt(0), scale.unitsAt(99)]).toEqual([0, 2]);
  expect(scaleOf([]).unitsAt(5)).toBe(0);
});

test("a jump leads to the nearest mark of its kind, in both directions", () => {
  const call = (id: number, text: string) => ({
    ...{ id, node: "a", text, keys: ["a"], calledAt: 0, answeredAt: undefined },
    outcome: undefined,
  });
  const marks = marksOf({
    calls: [call(1, "a=1"), call(2, "read a"), call(3, "read=2")],
    moments: [
      moment(0, { kind: "begin" }),
      moment(1, { kind: "call", calls: 1 }),
      moment(2, { kind: "ack", calls: 1 }),
      moment(3, { kind: "call", calls: 2 }),
      moment(4, { kind: "answer", kinds: ["answer", "call"], calls: 3 }),
    ],
  });
  expect(jumpFrom(marks, 1, { name: "write", back: false })).toBe(4);
  expect(jumpFrom(marks, 4, { name: "write", back: true })).toBe(1);
  expect(jumpFrom(marks, 0, { name: "ack", back: false })).toBe(2);
  expect(jumpFrom(marks, 0, { name: "crash", back: false })).toBeUndefined();
});

test.each([
  ["ring", 2, 330, { width: 80, height: 68 }],
  ["ring", 7, 330, { width: 80, height: 68 }],
  ["ring", 9, 330, { width: 80, height: 68 }],
  ["leader left", 7, 330, { width: 80, height: 68 }],
  ["ring", 6, 700, { width: 168, height: 106 }],
  ["ring", 9, 700, { width: 168, height: 106 }],
  ["leader left", 7, 700, { width: 168, height: 106 }],
] as const)("in a %s of %i no node covers another or leaves the picture", (...given) => {
  const [layout, count, width, node] = given;
  const picture = { width, height: heightFor(layout, count, node) };
  const placed = [
    ...placesIn({ ids: ids.slice(0, count), layout, leader: "c", picture, node }).values(),
  ];
  expect(placed).toHaveLength(count);
  for (const [at, one] of placed.entries()) {
    expect(one.x - node.width / 2).toBeGreaterThanOrEqual(0);
    expect(one.x + node.width / 2).toBeLessThanOrEqual(picture.width);
    expect(one.y - node.height / 2).toBeGreaterThanOrEqual(0);
    expect(one.y + node.height / 2).toBeLessThanOrEqual(picture.height);
    for (const other of placed.slice(at + 1)) {
      const isApart =
        Math.abs(one.x - other.x) >= node.width || Math.abs(one.y - other.y) >= node.height;
      expect([one, other, isApart]).toEqual([one, other, true]);
    }
  }
});

test("who leads stands on the left, and in a ring everyone keeps their place", () => {
  const scene = {
    ids: ids.slice(0, 4),
    picture: { width: 600, height: 400 },
    node: { width: 60, height: 40 },
  };
  const left = placesIn({ ...scene, layout: "leader left", leader: "c" });
  for (const [id, { x }] of left) if (id !== "c") expect(x).toBeGreaterThan(left.get("c")?.x ?? 0);
  expect(placesIn({ ...scene, layout: "ring", leader: "c" })).toEqual(
    placesIn({ ...scene, layout: "ring", leader: "a" }),
  );
});

test("a wire leaves a node at its frame, and the two directions do not lie on each other", () => {
  const node = { width: 40, height: 20 };
  expect(wayBetween({ x: 0, y: 0 }, { x: 0, y: 100 }, node, 0)).toEqual({
    ...{ from: { x: 0, y: 10 }, to: { x: 0, y: 90 } },
  });
  const there = wayBetween({ x: 0, y: 0 }, { x: 100, y: 0 }, node);
  const back = wayBetween({ x: 100, y: 0 }, { x: 0, y: 0 }, node);
  expect(there.from.y).toBe(5);
  expect(back.from.y).toBe(-5);
});

test("a message travels from its sending to when it is due; a cut holds it in the middle", () => {
  const places = new Map([
    ["a", { x: 0, y: 0 }],
    ["b", { x: 114, y: 0 }],
  ]);
  const xOf = (part: Partial<FlightView>, at: number) =>
    placeFlights([flight(part)], { places, node: { width: 0, height: 0 }, at })[0]?.x;
  expect([-1, 0, 5, 10, 11].map((at) => xOf({}, at))).toEqual([7, 7, 57, 107, 107]);
  expect(xOf({ isHeld: true }, 1)).toBe(57);
  expect(xOf({ dueAt: 0 }, 0)).toBe(107);
});

test("an append without entries is a mark, and what is unknown is drawn as a heartbeat", () => {
  expect(kindOf(flight({}))).toBe("entries");
  expect(kindOf(flight({ text: "append committed 1" }))).toBe("mark");
  expect(kindOf(flight({ type: "promise" }))).toBe("election");
  expect(kindOf(flight({ type: "heartbeatReply" }))).toBe("beat");
});

test("the message under the pointer is the nearest one within reach", () => {
  const places = new Map([
    ["a", { x: 0, y: 0 }],
    ["b", { x: 200, y: 0 }],
  ]);
  const flights = [flight({ id: 1 }), flight({ id: 2, sentAt: 4, dueAt: 6 }), flight({ to: "z" })];
  const placed = placeFlights(flights, { places, node: { width: 0, height: 0 }, at: 5.5 });
  expect(placed).toHaveLength(2);
  const [, second] = placed;
  expect(flightAt(placed, { x: second?.x ?? 0, y: 3 })?.flight.id).toBe(2);
  expect(flightAt(placed, { x: 20, y: 60 })).toBeUndefined();
});

test("heartbeats and confirming rounds are quiet, alone or together; whatever carries news is not", () => {
  const quiet = (text: string, kind: Moment["kind"] = "message") => isQuiet({ kind, text });
  expect(quiet("leader -> follower1: heartbeat; follower2 -> leader: heartbeat reply")).toBe(true);
  expect(quiet("leader sends heartbeat to follower1, follower2", "timer")).toBe(true);
  expect(quiet("leader -> follower1: read mark; and 3 more")).toBe(true);
  expect(quiet("", "timer")).toBe(true);
  expect(quiet("leader sends append committed 1 to follower1", "timer")).toBe(false);
  expect(quiet("leader -> follower1: heartbeat; leader -> follower2: append committed 1")).toBe(
    false,
  );
  expect(quiet("leader -> follower1: heartbeat", "crash")).toBe(false);
});
