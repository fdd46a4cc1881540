/** What the signs of the picture mean: kinds of messages, and how far an entry is on its way. */
import { flightKinds, kindInWords } from "../model/flights.ts";
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
