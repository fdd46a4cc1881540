/** The canvas of the messages under way, redrawn whenever the instant changes. */
import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
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
  /** A click that meets no message. */
  readonly onMiss: (point: Point) => void;
}

/** A canvas of more pixels than this per px looks no better and costs more. */
const ratioMax = 2;

export function Flights({ places, node, picture, onMiss }: FlightsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const placed = useRef<readonly PlacedFlight[]>([]);
  const ratio = Math.min(ratioMax, devicePixelRatio);
  useEffect(() => {
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
  const pointOf = (event: MouseEvent): Point => ({ x: event.offsetX, y: event.offsetY });
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the list of messages does the same by keyboard */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the list of messages does the same by keyboard */}
      <div
        class="flights-catch"
        onClick={(event) => {
          const hit = flightAt(placed.current, pointOf(event));
          if (hit !== undefined) selectMessage(hit.flight.id);
          else {
            selectNothing();
            onMiss(pointOf(event));
          }
        }}
        onPointerMove={(event) => {
          const hit = flightAt(placed.current, pointOf(event));
          hovered.value = hit?.flight.id;
          event.currentTarget.classList.toggle("over", hit !== undefined);
        }}
        onPointerLeave={() => {
          hovered.value = undefined;
        }}
      />
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas takes no focus */}
      <canvas
        ref={canvas}
        class="flights"
        width={picture.width * ratio}
        height={picture.height * ratio}
        aria-hidden="true"
      />
    </>
  );
}
