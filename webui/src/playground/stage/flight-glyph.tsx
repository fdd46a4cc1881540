/** The sign of a kind of message, beside text. The canvas draws the same shapes. */
import type { FlightKind } from "../model/flights.ts";

const outlines: Readonly<Record<FlightKind, string>> = {
  entries: "M2.5 8a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0z",
  mark: "M3.5 8a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
  ack: "M8 1.5L14.5 13h-13z",
  election: "M8 0.5L15.5 8L8 15.5L0.5 8z",
  copy: "M2.5 2.5h11v11h-11z",
  beat: "M5.5 8a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0z",
};

export function FlightGlyph({ kind }: { readonly kind: FlightKind }) {
  return (
    <svg class={`flight ${kind}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={outlines[kind]} />
    </svg>
  );
}
