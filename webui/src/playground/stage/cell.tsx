/** One log entry as a small sign. Its shape says the same as its colour. */
import type { CellView } from "../model/moments.ts";

export const cellStates = ["received", "durable", "settled", "committed", "applied"] as const;
type CellState = CellView["state"];

export const cellMeanings: Readonly<Record<CellState, string>> = {
  received: "in memory; a crash loses it",
  durable: "flushed",
  settled: "flushed here, and enough acks",
  committed: "settled, and so are all before it",
  applied: "visible to reads",
};

/** In a box of 16 by 16. */
const outlines: Readonly<Record<CellState, string>> = {
  received: "M2.5 8a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0z",
  durable: "M2.5 2.5h11v11h-11z",
  settled: "M2.5 2.5h11v11h-11z",
  committed: "M2 2h12v12h-12z",
  applied: "M2 2h12v12h-12z",
};

/** Hidden from screen readers: whoever shows it says the same in words. */
export function CellGlyph({ state }: { readonly state: CellState }) {
  return (
    <svg class={`cell ${state}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path class="cell-outline" d={outlines[state]} />
      {state === "settled" && <path class="cell-fill" d="M2.5 13.5v-11l11 11z" />}
      {state === "applied" && <path class="cell-check" d="M4.6 8.3l2.4 2.5l4.5 -5.4" />}
    </svg>
  );
}
