/**
 * The space-time diagram as numbers: a line for each node, time from left to right, a slanted line for
 * each message. The page and the export draw the same numbers. Pure.
 */
import type { NodeId } from "../../../../src/replication/types.ts";
import { type FlightKind, kindOf } from "./flights.ts";
import type { Happening, Stretch } from "./happenings.ts";
import type { Call, Recording, Voyage } from "./moments.ts";
import { distanceTo, type Point } from "./places.ts";
import type { TimeScale } from "./scale.ts";

export interface View {
  readonly width: number;
  /** Px for the names of the nodes. */
  readonly gutter: number;
  readonly laneHeight: number;
  /** What stands at the left edge, in units of the scale. */
  readonly fromUnits: number;
  readonly pxPerUnit: number;
  readonly withBeats: boolean;
}

/** All of it in px. */
export interface Diagram {
  readonly height: number;
  readonly lanes: readonly {
    readonly id: NodeId;
    readonly y: number;
    readonly stretches: readonly (Stretch & { readonly x1: number; readonly x2: number })[];
  }[];
  readonly voyages: readonly DrawnVoyage[];
  readonly calls: readonly DrawnCall[];
  readonly happenings: readonly (Happening & { readonly x: number; readonly y: number })[];
  readonly ticks: readonly { readonly x: number; readonly at: number }[];
  /** Where a wait is drawn shorter than it was. */
  readonly shortened: readonly number[];
}

export interface DrawnVoyage {
  readonly voyage: Voyage;
  readonly kind: FlightKind;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

interface DrawnCall {
  readonly call: Call;
  /** Empty where the call before on the same line leaves no room. */
  readonly words: string;
  readonly x1: number;
  readonly x2: number;
  readonly y: number;
}

interface Facts {
  readonly recording: Pick<Recording, "ids" | "voyages" | "calls">;
  readonly happenings: readonly Happening[];
  readonly stretches: ReadonlyMap<NodeId, readonly Stretch[]>;
  readonly scale: TimeScale;
}

/** Above the first line: the times. */
const headPx = 22;
/** More than that would be a blur, and slow to draw. */
export const voyagesMax = 500;
const tickPx = 64;

export function diagramOf({ recording, happenings, stretches, scale }: Facts, view: View): Diagram {
  const xOf = (at: number) => view.gutter + (scale.unitsAt(at) - view.fromUnits) * view.pxPerUnit;
  const laneOf = new Map(
    recording.ids.map((id, place) => [id, headPx + view.laneHeight * (place + 0.6)]),
  );
  const isInView = (x1: number, x2: number) => x2 >= view.gutter && x1 <= view.width;
  const clip = (x: number) => Math.min(view.width, Math.max(view.gutter, x));
  const end = xOf(scale.lastAt);
  return {
    height: headPx + view.laneHeight * (recording.ids.length + 0.2),
    lanes: recording.ids.map((id) => ({
      id,
      y: laneOf.get(id) ?? 0,
      stretches: (stretches.get(id) ?? [])
        .map((one) => ({ ...one, x1: xOf(one.fromAt), x2: xOf(one.toAt) }))
        .filter(({ x1, x2 }) => isInView(x1, x2))
        .map((one) => ({ ...one, x1: clip(one.x1), x2: clip(one.x2) })),
    })),
    voyages: recording.voyages
      .flatMap((voyage) => draw(voyage, { xOf, laneOf, end }))
      .filter(({ x1, x2, kind }) => isInView(x1, x2) && (view.withBeats || kind !== "beat"))
      .slice(0, voyagesMax),
    calls: withWords(
      recording.calls
        .map((call) => ({
          call,
          x1: xOf(call.calledAt),
          x2: call.answeredAt === undefined ? end : xOf(call.answeredAt),
          y: (laneOf.get(call.node) ?? 0) - 9,
        }))
        .filter(({ x1, x2 }) => isInView(x1, x2))
        .map((one) => ({ ...one, x1: clip(one.x1), x2: clip(one.x2) })),
    ),
    happenings: happenings
      .map((one) => ({ ...one, x: xOf(one.at), y: laneOf.get(one.node) ?? 0 }))
      .filter(({ x }) => isInView(x, x)),
    ticks: ticksOf(scale, view, xOf),
    shortened: scale.shortened
      .map(({ fromAt, toAt }) => (xOf(fromAt) + xOf(toAt)) / 2)
      .filter((x) => isInView(x, x)),
  };
}

interface Paper {
  readonly xOf: (at: number) => number;
  readonly laneOf: ReadonlyMap<NodeId, number>;
  readonly end: number;
}

/** The message whose line is nearest to a point, within reach. */
export function voyageAt(
  { voyages }: Pick<Diagram, "voyages">,
  point: Point,
  reach = 7,
): DrawnVoyage | undefined {
  let nearest: DrawnVoyage | undefined;
  let distance = reach;
  for (const one of voyages) {
    const away = distanceTo(point, {
      from: { x: one.x1, y: one.y1 },
      to: { x: one.x2, y: one.y2 },
    });
    if (away > distance) continue;
    distance = away;
    nearest = one;
  }
  return nearest;
}

/** A lost message ends on its way; what is under way at the end goes on to the edge of what is known. */
function draw(voyage: Voyage, { xOf, laneOf, end }: Paper): readonly DrawnVoyage[] {
  const [y1, to] = [laneOf.get(voyage.from), laneOf.get(voyage.to)];
  if (y1 === undefined || to === undefined) return [];
  const share = voyage.outcome === "delivered" ? 1 : 0.7;
  const x1 = xOf(voyage.sentAt);
  const x2 = voyage.endedAt === undefined ? end : xOf(voyage.endedAt);
  return [{ voyage, kind: kindOf(voyage), x1, y1, x2, y2: y1 + (to - y1) * share }];
}

const letterPx = 6;

function withWords(calls: readonly Omit<DrawnCall, "words">[]): readonly DrawnCall[] {
  const freeFrom = new Map<NodeId, number>();
  return calls.map((one) => {
    const { node, text } = one.call;
    const isFree = one.x1 >= (freeFrom.get(node) ?? 0);
    if (isFree) freeFrom.set(node, one.x1 + text.length * letterPx + 6);
    return { ...one, words: isFree ? text : "" };
  });
}

/** Round times a fair way apart. Where waits are shortened, that is not every so many milliseconds. */
function ticksOf(scale: TimeScale, view: View, xOf: (at: number) => number) {
  const ticks: { x: number; at: number }[] = [];
  const first = Math.max(0, view.fromUnits);
  const last = Math.min(scale.length, first + (view.width - view.gutter) / view.pxPerUnit);
  for (let unit = first; unit <= last; unit += tickPx / view.pxPerUnit) {
    const [low, high] = [
      scale.atUnits(unit),
      scale.atUnits(unit + (0.9 * tickPx) / view.pxPerUnit),
    ];
    const at = roundest(low, high);
    const x = xOf(at);
    if (x > view.width - 20 || x < view.gutter) continue;
    if (ticks.length === 0 || x - (ticks.at(-1)?.x ?? 0) >= tickPx * 0.7) ticks.push({ x, at });
  }
  return ticks;
}

/** The roundest number from `low` to `high`. */
function roundest(low: number, high: number): number {
  for (let power = 10_000; power >= 0.01; power /= 10)
    for (const step of [power, power / 2]) {
      const candidate = Math.ceil(low / step - 1e-9) * step;
      if (candidate <= high) return Number(candidate.toFixed(3));
    }
  return low;
}
