/**
 * The diagram for print: black on white, told apart by dashes and shapes. It is a list of strokes, texts
 * and marks, so that the SVG and the bitmap are made of the same.
 */
import type { Diagram, DrawnVoyage } from "./diagram.ts";
import type { FlightKind } from "./flights.ts";
import type { HappeningName } from "./happenings.ts";
import { shortOutcome } from "./words.ts";

export type Ink =
  | {
      readonly kind: "line";
      readonly from: readonly [number, number];
      readonly to: readonly [number, number];
      readonly width: number;
      readonly dash: readonly number[];
    }
  | {
      readonly kind: "text";
      readonly at: readonly [number, number];
      readonly text: string;
      readonly size: number;
      readonly bold: boolean;
      readonly anchor: "start" | "middle" | "end";
    }
  /** Points of a polygon. */
  | {
      readonly kind: "shape";
      readonly points: readonly (readonly [number, number])[];
      readonly filled: boolean;
    };

const dashOf: Readonly<Record<FlightKind, readonly number[]>> = {
  entries: [],
  mark: [6, 2, 1, 2],
  ack: [5, 3],
  election: [9, 3],
  copy: [2, 2],
  beat: [1, 4],
};

const line = (
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  width = 1,
  dash: readonly number[] = [],
): Ink => ({ kind: "line", from: [x1, y1], to: [x2, y2], width, dash });

const text = (
  x: number,
  y: number,
  words: string,
  look: Partial<Extract<Ink, { kind: "text" }>> = {},
): Ink => ({
  ...{ kind: "text", at: [x, y], text: words, size: 9, bold: false, anchor: "start" },
  ...look,
});

/** The corners of a mark about a point. */
export function cornersOf(name: HappeningName, x: number, y: number, r = 4) {
  switch (name) {
    case "flush":
    case "commit":
      return [
        corner(x - r, y - r),
        corner(x + r, y - r),
        corner(x + r, y + r),
        corner(x - r, y + r),
      ];
    case "leads":
      return [
        corner(x, y - r - 2),
        corner(x + r + 2, y),
        corner(x, y + r + 2),
        corner(x - r - 2, y),
      ];
    case "start":
      return [corner(x - r, y - r), corner(x + r + 1, y), corner(x - r, y + r)];
    case "crash":
      return [];
  }
}

const corner = (x: number, y: number): readonly [number, number] => [x, y];

/** The tip of a message's line. */
function arrow({ x1, y1, x2, y2 }: DrawnVoyage): Ink {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const back = (turn: number) =>
    corner(x2 - 7 * Math.cos(angle + turn), y2 - 7 * Math.sin(angle + turn));
  return { kind: "shape", points: [corner(x2, y2), back(0.35), back(-0.35)], filled: true };
}

const cross = (x: number, y: number, r = 4): readonly Ink[] => [
  line(x - r, y - r, x + r, y + r, 1.6),
  line(x - r, y + r, x + r, y - r, 1.6),
];

/** `caption`: what the figure shows, above it. */
export function inkOf(diagram: Diagram, { width, gutter }: { width: number; gutter: number }) {
  const ink: Ink[] = [];
  for (const { x, at } of diagram.ticks) {
    ink.push(text(x, 11, `${at} ms`, { anchor: "middle" }), line(x, 14, x, 18, 0.7));
    ink.push(line(x, 18, x, diagram.height, 0.3, [1, 5]));
  }
  for (const x of diagram.shortened) ink.push(text(x, 19, "≈", { anchor: "middle" }));
  for (const { id, y, stretches } of diagram.lanes) {
    ink.push(text(gutter - 10, y + 3, id, { anchor: "end", size: 10, bold: true }));
    for (const { x1, x2, state, leads } of stretches) {
      if (state !== "down")
        ink.push(line(x1, y, x2, y, leads ? 2.4 : 1, state === "frozen" ? [3, 3] : []));
    }
  }
  for (const { x1, x2, y, call, words } of diagram.calls) {
    ink.push(line(x1, y, x2, y, 3.2));
    const outcome = call.outcome === undefined ? "" : `: ${shortOutcome(call.outcome)}`;
    if (words !== "") ink.push(text(x1, y - 4, words + (x2 - x1 > 120 ? outcome : "")));
  }
  for (const drawn of diagram.voyages) {
    ink.push(line(drawn.x1, drawn.y1, drawn.x2, drawn.y2, 0.9, dashOf[drawn.kind]));
    if (drawn.voyage.outcome === "delivered") ink.push(arrow(drawn));
    else if (drawn.voyage.outcome === "lost") ink.push(...cross(drawn.x2, drawn.y2));
  }
  for (const { name, x, y } of diagram.happenings) {
    if (name === "crash") ink.push(...cross(x, y, 5));
    else ink.push({ kind: "shape", points: cornersOf(name, x, y), filled: name !== "flush" });
  }
  for (const { x, y, words } of labelsOf(diagram, width)) ink.push(text(x, y, words, { size: 8 }));
  return ink;
}

export interface Label {
  readonly x: number;
  readonly y: number;
  readonly words: string;
  readonly id: number;
}

const letterPx = 4.6;
/** Where there are more, labels would be a blur. */
const labelledMax = 160;

/** What messages say, where there is room for it. Heartbeats say nothing. */
export function labelsOf({ voyages, lanes, calls }: Diagram, width: number): readonly Label[] {
  const taken: Label[] = [];
  if (voyages.length > labelledMax) return taken;
  const lines = [...lanes.map(({ y }) => y), ...calls.map(({ y }) => y - 8)];
  const isFree = (one: Label) =>
    lines.every((y) => Math.abs(one.y - 3 - y) > 8) &&
    taken.every(
      (other) =>
        Math.abs(one.y - other.y) > 9 ||
        one.x > other.x + other.words.length * letterPx ||
        other.x > one.x + one.words.length * letterPx,
    );
  for (const { voyage, kind, x1, y1, x2, y2 } of voyages) {
    if (kind === "beat") continue;
    const words = shorten(voyage.text);
    for (const share of [0.5, 0.35, 0.65, 0.2, 0.8]) {
      const label = {
        ...{ x: x1 + (x2 - x1) * share + 5, y: y1 + (y2 - y1) * share + 3 },
        ...{ words, id: voyage.id },
      };
      if (label.x < 0 || label.x + words.length * letterPx > width || !isFree(label)) continue;
      taken.push(label);
      break;
    }
  }
  return taken;
}

/** `append [3: a=1], committed 2` is told by its entries alone. */
function shorten(words: string): string {
  const entries = words.match(/\[.*\]/)?.[0];
  const short = entries ?? words.replace(/^append /, "").split(/[,:] /)[0] ?? "";
  return short.length > 24 ? `${short.slice(0, 23)}…` : short;
}
