/** A fixed number of SVG dots, reused frame after frame, so that the page never grows. */
import { type Mark, shapePath } from "../lib/followers.ts";
import type { Point, Road, Traveller } from "./geometry.ts";

export interface MarkedRoad {
  readonly road: Road;
  readonly mark: Mark;
  /** The overlay on the road that lights up when an ack comes in. */
  readonly light: SVGPathElement | null;
}

export interface Stage {
  dot(place: number, what: Point & { road: MarkedRoad; traveller: Traveller }): void;
  hideFrom(place: number): void;
  glow(roads: ReadonlyMap<string, MarkedRoad>, strength: ReadonlyMap<string, number>): void;
  clear(): void;
}

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
