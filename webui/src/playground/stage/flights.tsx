/** The canvas of the messages under way, redrawn whenever the instant changes. They can be clicked above nodes, too. */
import { effect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { NodeId } from "../../../../src/replication/types.ts";
import { reducedMotion, schemeInForce } from "../../state/preferences.ts";
import { flightAt, type PlacedFlight, placeFlights } from "../model/flights.ts";
import type { Point, Size } from "../model/places.ts";
import { at, moment, withBeats } from "../state/recorded.ts";
import { hovered, selection, selectMessage, selectNothing } from "../state/view.ts";
import { paintFlights, readColours } from "./flight-canvas.ts";

interface FlightsProps {
  readonly places: ReadonlyMap<NodeId, Point>;
  readonly node: Size;
  readonly picture: Size;
  /** A click that meets neither a message nor a node. */
  readonly onMiss: (point: Point) => void;
  /** What the messages pass over. */
  readonly children: ComponentChildren;
}

/** A canvas of more pixels than this per px looks no better and costs more. */
const ratioMax = 2;
/** How far from a message a click still means it, px; above a node, no further than it is drawn. */
const reachPx = { beside: 14, above: 9 };

export function Flights({ places, node, picture, onMiss, children }: FlightsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const placed = useRef<readonly PlacedFlight[]>([]);
  const ratio = Math.min(ratioMax, devicePixelRatio);
  // Before the frame is drawn: the messages must not be where the nodes were.
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element?.parentElement == null) return;
    const { parentElement } = element;
    let scheme = "";
    let colours = readColours(parentElement);
    return effect(() => {
      if (scheme !== schemeInForce.value) colours = readColours(parentElement);
      scheme = schemeInForce.value;
      const instant = reducedMotion.value ? moment.value.at : at.value;
      const all = placeFlights(moment.value.flights, { places, node, at: instant });
      placed.current = withBeats.value ? all : all.filter(({ kind }) => kind !== "beat");
      const chosen = selection.value.kind === "message" ? selection.value.id : undefined;
      paintFlights(element, ratio, {
        ...{ placed: placed.current, colours, chosen },
        hovered: hovered.value,
      });
    });
  }, [places, node, picture, ratio]);
  const isAbove = ({ target }: Event): boolean =>
    target instanceof Element && target.closest(".node-card") !== null;
  const pointOf = ({ currentTarget, clientX, clientY }: MouseEvent): Point => {
    const { left, top } = (currentTarget as Element).getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  const hitBy = (event: MouseEvent): PlacedFlight | undefined =>
    flightAt(placed.current, pointOf(event), reachPx[isAbove(event) ? "above" : "beside"]);
  return (
    <div
      class="drawing"
      onClickCapture={(event) => {
        // A key that presses the button of a node is no click on a place.
        if (event.detail === 0) return;
        const hit = hitBy(event);
        if (hit !== undefined) {
          event.stopPropagation();
          selectMessage(hit.flight.id);
        } else if (!isAbove(event)) {
          selectNothing();
          onMiss(pointOf(event));
        }
      }}
      onPointerMove={(event) => {
        const hit = hitBy(event);
        hovered.value = hit?.flight.id;
        event.currentTarget.classList.toggle("over", hit !== undefined);
      }}
      onPointerLeave={() => {
        hovered.value = undefined;
      }}
    >
      {children}
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas takes no focus */}
      <canvas
        ref={canvas}
        class="flights"
        width={picture.width * ratio}
        height={picture.height * ratio}
        aria-hidden="true"
      />
    </div>
  );
}
