/**
 * The SVG elements of the moving dots. They are reused in every frame, so that the page does not grow,
 * and attributes are written only when they change, so that a frame costs little.
 */
import { type Mark, shapePath } from "../lib/followers.ts";
import type { Point, Road, Traveller } from "./geometry.ts";

export interface MarkedRoad {
  readonly road: Road;
  readonly mark: Mark;
  /** The overlay of the road that glows when an ack comes in; null until it is on the page. */
  readonly light: SVGPathElement | null;
}

interface PlacedDot extends Point {
  readonly road: MarkedRoad;
  readonly traveller: Traveller;
}

export interface Stage {
  /** Shows the dot with that number, counted from 0 in each frame. */
  dot(place: number, dot: PlacedDot): void;
  /** Hides the dots from that number on. */
  hideFrom(place: number): void;
  /** Sets how bright each road is, 0 to 1; roads without a strength are dark. */
  glow(roads: ReadonlyMap<string, MarkedRoad>, strength: ReadonlyMap<string, number>): void;
  clear(): void;
}

/** Adds its dots to `group`, at most `dotsMax` of them. */
export function stageOf(group: SVGGElement, dotsMax: number): Stage {
  const dots: SVGPathElement[] = [];
  let shown = 0;
  const dotAt = (place: number): SVGPathElement | undefined => {
    while (dots.length <= place && dots.length < dotsMax) {
      const dot = document.createElementNS("http://www.w3.org/2000/svg", "path");
      group.append(dot);
      dots.push(dot);
    }
    return dots[place];
  };
  const hideFrom = (from: number): void => {
    for (let place = from; place < shown; place++) dots[place]?.setAttribute("class", "gone");
    shown = from;
  };
  return {
    hideFrom,
    dot(place, { x, y, road, traveller }) {
      const dot = dotAt(place);
      if (dot === undefined) return;
      // The dot that settles the write is larger, and has an outline.
      const size = traveller.answers ? 6.5 : 5;
      const look = `dot follower-${road.mark.colour} ${traveller.way}${traveller.answers ? " answers" : ""}`;
      if (dot.getAttribute("class") !== look) {
        dot.setAttribute("class", look);
        dot.setAttribute("d", shapePath(road.mark.shape, size));
      }
      dot.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      shown = Math.max(shown, place + 1);
    },
    glow(roads, strength) {
      for (const [id, { light }] of roads) {
        const opacity = (strength.get(id) ?? 0).toFixed(2);
        if (light !== null && light.getAttribute("opacity") !== opacity) {
          light.setAttribute("opacity", opacity);
        }
      }
    },
    clear() {
      hideFrom(0);
    },
  };
}
