/** Geometry of the topology: where nodes and roads are, and where on a road an entry or an ack is. Pure. */
import type { WriteTrace } from "../state/traces.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A cubic curve from the leader to one follower. */
export interface Road {
  readonly from: Point;
  readonly bend1: Point;
  readonly bend2: Point;
  readonly to: Point;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly leader: Point;
  readonly roads: readonly Road[];
}

interface Size {
  /** In px. */
  readonly width: number;
  /** Height of a follower's card in px; 0: the cards are below the drawing. */
  readonly rowHeight: number;
  /** Number of followers. */
  readonly count: number;
}

/** Wide: the leader at the left, one follower beside each card. Narrow: followers in a row below. */
export function layoutFor(size: Size): Layout {
  return size.rowHeight > 0 ? wide(size) : narrow(size);
}

function wide({ width, rowHeight, count }: Size): Layout {
  const height = Math.max(260, rowHeight * count);
  const leader = { x: 76, y: height / 2 };
  const step = height / Math.max(1, count);
  const roads = Array.from({ length: count }, (_, row) => {
    const to = { x: width - 22, y: step * (row + 0.5) };
    const from = { x: leader.x + 40, y: leader.y };
    const reach = to.x - from.x;
    const bend1 = { x: from.x + reach * 0.42, y: from.y };
    const bend2 = { x: from.x + reach * 0.5, y: to.y };
    return { from, bend1, bend2, to };
  });
  return { width, height, leader, roads };
}

function narrow({ width, count }: Size): Layout {
  const height = 224;
  const leader = { x: width / 2, y: 60 };
  const step = width / Math.max(1, count);
  const roads = Array.from({ length: count }, (_, place) => {
    const from = { x: leader.x, y: leader.y + 40 };
    const to = { x: step * (place + 0.5), y: height - 34 };
    const reach = to.y - from.y;
    const bend1 = { x: from.x, y: from.y + reach * 0.5 };
    const bend2 = { x: to.x, y: from.y + reach * 0.5 };
    return { from, bend1, bend2, to };
  });
  return { width, height, leader, roads };
}

/** The road as an SVG path. */
export function roadPath({ from, bend1, bend2, to }: Road): string {
  const text = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  return `M${text(from)}C${text(bend1)} ${text(bend2)} ${text(to)}`;
}

/** The place on a road at a share of its way, 0 at the leader, 1 at the follower. */
export function along({ from, bend1, bend2, to }: Road, share: number): Point {
  const rest = 1 - share;
  const [a, b, c, d] = [rest ** 3, 3 * rest ** 2 * share, 3 * rest * share ** 2, share ** 3];
  return {
    x: a * from.x + b * bend1.x + c * bend2.x + d * to.x,
    y: a * from.y + b * bend1.y + c * bend2.y + d * to.y,
  };
}

/** The ack is drawn over this share of the round trip. Only the time of the whole trip is known. */
const wayBackShare = 1 / 6;

export interface Traveller {
  readonly node: string;
  readonly way: "out" | "back";
  /** 0 at the leader, 1 at the follower. */
  readonly share: number;
  /** Whether it is, or leads to, the ack that settles the write. */
  readonly answers: boolean;
}

/** The entries and acks that are on their way for one write, `elapsedMs` after its proposal. */
export function travellers(trace: WriteTrace, elapsedMs: number): Traveller[] {
  if (elapsedMs < 0) return [];
  return trace.acks.flatMap(({ node, ms }, place): Traveller[] => {
    if (elapsedMs >= ms) return [];
    const done = elapsedMs / ms;
    const turn = 1 - wayBackShare;
    const answers = place + 1 === trace.quorum;
    return done < turn
      ? [{ node, way: "out", share: done / turn, answers }]
      : [{ node, way: "back", share: 1 - (done - turn) / wayBackShare, answers }];
  });
}
