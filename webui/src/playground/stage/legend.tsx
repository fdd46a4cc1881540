/** What the signs of the picture mean: kinds of messages, and how far an entry is on its way. */

import { cornersOf } from "../model/figure.ts";
import { flightKinds, kindInWords } from "../model/flights.ts";
import { happeningNames } from "../model/happenings.ts";
import { CellGlyph, cellMeanings, cellStates } from "./cell.tsx";
import { FlightGlyph } from "./flight-glyph.tsx";

export function Legend() {
  return (
    <details class="legend">
      <summary>Legend</summary>
      <div class="legend-body">
        <ul aria-label="Messages">
          {flightKinds.map((kind) => (
            <li key={kind}>
              <FlightGlyph kind={kind} />
              {kindInWords[kind]}
            </li>
          ))}
        </ul>
        <ul aria-label="In the diagram">
          {happeningNames.map((name) => (
            <li key={name}>
              <svg viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true">
                <path
                  class={`happening ${name}`}
                  d={
                    name === "crash"
                      ? "M-5 -5l10 10m0 -10l-10 10"
                      : `M${cornersOf(name, 0, 0)
                          .map((point) => point.join(" "))
                          .join("L")}z`
                  }
                />
              </svg>
              {name}
            </li>
          ))}
        </ul>
        <ul aria-label="Log entries">
          {cellStates.map((state) => (
            <li key={state}>
              <CellGlyph state={state} />
              <span>
                <strong>{state}</strong>: {cellMeanings[state]}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}
