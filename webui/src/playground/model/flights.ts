/** Messages under way: what kind each is, where it is at an instant, and which one was clicked. Pure. */
import type { NodeId } from "../../../../src/replication/types.ts";
import type { FlightView } from "./moments.ts";
import { along, type Point, type Size, wayBetween } from "./places.ts";

/** Each kind has a colour and a shape of its own; the legend names them. */
export const flightKinds = ["entries", "mark", "ack", "election", "copy", "beat"] as const;
export type FlightKind = (typeof flightKinds)[number];

export const kindInWords: Readonly<Record<FlightKind, string>> = {
  entries: "entries",
  mark: "committed mark, floor",
  ack: "ack",
  election: "election",
  copy: "catch-up, snapshot",
  beat: "heartbeat, round",
};

const kindByType: Readonly<Record<string, FlightKind>> = {
  append: "entries",
  acks: "ack",
  floor: "mark",
  floorReceipt: "mark",
  poll: "election",
  vote: "election",
  stand: "election",
  prepare: "election",
  promise: "election",
  lead: "election",
  refusal: "election",
  fetchLog: "copy",
  logPage: "copy",
  fetchStore: "copy",
  storePage: "copy",
  snapshotChunk: "copy",
  snapshotReceipt: "copy",
};

/** Heartbeats and confirming rounds are the rest: they carry nothing that a store would show. */
export function kindOf({
  type,
  text,
}: {
  readonly type: string;
  readonly text: string;
}): FlightKind {
  if (type === "append" && !text.includes("[")) return "mark";
  return kindByType[type] ?? "beat";
}

/** How far it has come, 0 to 1. A message that a cut holds back waits in the middle. */
function shareOf({ sentAt, dueAt, isHeld }: FlightView, at: number): number {
  if (isHeld) return 0.5;
  if (dueAt <= sentAt) return 1;
  return Math.min(1, Math.max(0, (at - sentAt) / (dueAt - sentAt)));
}

export interface PlacedFlight extends Point {
  readonly flight: FlightView;
  readonly kind: FlightKind;
}

/** Messages on one way take one of three lanes, so that those sent together can be told apart. */
const laneOf = (id: number): number => 6 + 5 * (id % 3);

/** A message that has arrived, or was just sent, stands beside the node rather than under it. */
const withRim = ({ width, height }: Size): Size => ({ width: width + 14, height: height + 14 });

/** Messages between nodes that have no place are left out. */
export function placeFlights(
  flights: readonly FlightView[],
  scene: { readonly places: ReadonlyMap<NodeId, Point>; readonly node: Size; readonly at: number },
): readonly PlacedFlight[] {
  const placed: PlacedFlight[] = [];
  for (const flight of flights) {
    const from = scene.places.get(flight.from);
    const to = scene.places.get(flight.to);
    if (from === undefined || to === undefined) continue;
    const way = wayBetween(from, to, withRim(scene.node), laneOf(flight.id));
    const { x, y } = along(way, shareOf(flight, scene.at));
    placed.push({ flight, kind: kindOf(flight), x, y });
  }
  return placed;
}

/** The flight nearest to a point, within reach. */
export function flightAt(
  placed: readonly PlacedFlight[],
  point: Point,
  reach = 14,
): PlacedFlight | undefined {
  let nearest: PlacedFlight | undefined;
  let distance = reach;
  for (const one of placed) {
    const away = Math.hypot(one.x - point.x, one.y - point.y);
    if (away > distance) continue;
    distance = away;
    nearest = one;
  }
  return nearest;
}
