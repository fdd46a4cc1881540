/** The wires between nodes. A cut is a cross at the end that it starts from, so that one-way cuts show. */
import type { NodeId } from "../../../../src/replication/types.ts";
import { along, distanceTo, type Point, type Size, type Way, wayBetween } from "../model/places.ts";
import { leader, moment } from "../state/recorded.ts";
import { selection } from "../state/view.ts";

interface WiresProps {
  readonly places: ReadonlyMap<NodeId, Point>;
  readonly node: Size;
  readonly picture: Size;
}

export function Wires({ places, node, picture }: WiresProps) {
  const chosen = selection.value;
  const nodes = new Map(moment.value.nodes.map((one) => [one.id, one]));
  const isDown = (id: NodeId) => nodes.get(id)?.state === "down";
  return (
    <svg
      class="wires"
      width={picture.width}
      height={picture.height}
      viewBox={`0 0 ${picture.width} ${picture.height}`}
      aria-hidden="true"
    >
      {pairsOf([...places.keys()]).map(([one, other]) => {
        const [from, to] = [places.get(one), places.get(other)];
        if (from === undefined || to === undefined) return null;
        const way = wayBetween(from, to, node, 0);
        const ofLeader = one === leader.value || other === leader.value;
        const isChosen = chosen.kind === "link" && chosen.one === one && chosen.other === other;
        const looks = [
          ofLeader ? "main" : "side",
          isChosen ? "chosen" : "",
          isDown(one) || isDown(other) ? "dead" : "",
        ];
        return <path key={`${one} ${other}`} class={`wire ${looks.join(" ")}`} d={pathOf(way)} />;
      })}
      {moment.value.cuts.map((cut) => {
        const [one = "", other = ""] = cut.split(" ");
        const [from, to] = [places.get(one), places.get(other)];
        if (from === undefined || to === undefined) return null;
        const { x, y } = along(wayBetween(from, to, node, 8), 0.38);
        return (
          <path key={cut} class="cut" d={`M${x - 6} ${y - 6}l12 12M${x + 6} ${y - 6}l-12 12`} />
        );
      })}
      {moment.value.slow.map((wire) => {
        const [one = "", other = "", ms = ""] = wire.split(" ");
        const [from, to] = [places.get(one), places.get(other)];
        // Both ways alike are said once.
        const isSaid = one > other && moment.value.slow.includes(`${other} ${one} ${ms}`);
        if (from === undefined || to === undefined || isSaid) return null;
        const { x, y } = along(wayBetween(from, to, node, 18), 0.38);
        return (
          <text key={wire} class="wire-time" x={x} y={y}>
            {ms} ms
          </text>
        );
      })}
    </svg>
  );
}

const pathOf = ({ from, to }: Way): string => `M${from.x} ${from.y}L${to.x} ${to.y}`;

function pairsOf(ids: readonly NodeId[]): readonly (readonly [NodeId, NodeId])[] {
  return ids.flatMap((one, place) => ids.slice(place + 1).map((other) => [one, other] as const));
}

/** The wire within reach of a point. */
export function wireAt(
  point: Point,
  { places, node }: Omit<WiresProps, "picture">,
  reach = 10,
): readonly [NodeId, NodeId] | undefined {
  return pairsOf([...places.keys()]).find(([one, other]) => {
    const [from, to] = [places.get(one), places.get(other)];
    if (from === undefined || to === undefined) return false;
    return distanceTo(point, wayBetween(from, to, node, 0)) <= reach;
  });
}
