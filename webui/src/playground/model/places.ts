/** Where nodes stand in the picture, and where a wire leaves them. Pure. */
import type { NodeId } from "../../../../src/replication/types.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Layout = "ring" | "leader left";

interface Scene {
  readonly ids: readonly NodeId[];
  readonly layout: Layout;
  /** Undefined while nobody leads. */
  readonly leader: NodeId | undefined;
  readonly picture: Size;
  /** How large a node is drawn. */
  readonly node: Size;
}

/** The centre of each node. A node's place does not depend on who leads in a ring. */
export function placesIn(scene: Scene): ReadonlyMap<NodeId, Point> {
  const { leader, ids } = scene;
  if (scene.layout === "ring") return ring(scene);
  // While nobody leads, the one that is named first keeps the place.
  const first = leader ?? ids[0];
  return first === undefined ? new Map() : besideLeader(scene, first);
}

/** How high the picture must be for the nodes not to touch. */
export function heightFor(layout: Layout, count: number, node: Size): number {
  if (layout === "leader left") return Math.max(1, count - 1) * (node.height + 10);
  return (count * (node.height + 16)) / 2 + node.height + 8;
}

function ring({ ids, picture, node }: Scene): ReadonlyMap<NodeId, Point> {
  const across = Math.max(0, (picture.width - node.width) / 2 - 4);
  const up = Math.max(0, (picture.height - node.height) / 2 - 4);
  const middle = { x: picture.width / 2, y: picture.height / 2 };
  return new Map(
    ids.map((id, place) => {
      // Two nodes look at each other from the sides.
      const share = ids.length === 2 ? (place * 2 + 3) / 4 : place / ids.length;
      const x = middle.x + across * Math.sin(2 * Math.PI * share);
      // Even steps from top to bottom leave more room between neighbours than a circle does.
      return [id, { x, y: middle.y + up * (4 * Math.min(share % 1, 1 - (share % 1)) - 1) }];
    }),
  );
}

function besideLeader({ ids, picture, node }: Scene, leader: NodeId): ReadonlyMap<NodeId, Point> {
  const others = ids.filter((id) => id !== leader);
  const step = picture.height / Math.max(1, others.length);
  const places = others.map((id, place): [NodeId, Point] => {
    const y = step * (place + 0.5);
    // A shallow bow, so that wires between followers can be told apart.
    const fromMiddle = picture.height === 0 ? 0 : (2 * y) / picture.height - 1;
    const bow = Math.min(40, picture.width / 12) * fromMiddle ** 2;
    return [id, { x: picture.width - node.width / 2 - 4 - bow, y }];
  });
  return new Map([[leader, { x: node.width / 2 + 4, y: picture.height / 2 }], ...places]);
}

/** Where the line from the centre of a node towards a point leaves the node's frame. */
function edgeOf(centre: Point, towards: Point, node: Size): Point {
  const dx = towards.x - centre.x;
  const dy = towards.y - centre.y;
  if (dx === 0 && dy === 0) return centre;
  const share = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : node.width / 2 / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : node.height / 2 / Math.abs(dy),
  );
  const kept = Math.min(share, 0.5);
  return { x: centre.x + dx * kept, y: centre.y + dy * kept };
}

/** The way of messages from one node to another, a little to the right of the line between them. */
export interface Way {
  readonly from: Point;
  readonly to: Point;
}

/** `aside`: how far from the middle line, px. */
export function wayBetween(one: Point, other: Point, node: Size, aside = 5): Way {
  const from = edgeOf(one, other, node);
  const to = edgeOf(other, one, node);
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const shift = { x: (-(to.y - from.y) / length) * aside, y: ((to.x - from.x) / length) * aside };
  return {
    from: { x: from.x + shift.x, y: from.y + shift.y },
    to: { x: to.x + shift.x, y: to.y + shift.y },
  };
}

/** The point at a share of the way, 0 to 1. */
export const along = ({ from, to }: Way, share: number): Point => ({
  x: from.x + (to.x - from.x) * share,
  y: from.y + (to.y - from.y) * share,
});

/** From a point to the nearest one of the way. */
export function distanceTo({ x, y }: Point, { from, to }: Way): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const share = ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy || 1);
  const nearest = along({ from, to }, Math.min(1, Math.max(0, share)));
  return Math.hypot(x - nearest.x, y - nearest.y);
}
