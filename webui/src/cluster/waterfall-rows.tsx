/**
 * The rows of the write waterfall, as SVG: an axis of time since the proposal above, a row per write
 * below. The thin line is the time until the last ack, the wide one the time that the writer waited.
 */

import { shapePath } from "../lib/followers.ts";
import { useWidth } from "../lib/hooks.ts";
import { niceCeiling, robustTop, ticksUpTo } from "../lib/scale.ts";
import { longestDelayMs } from "../lib/theory.ts";
import { axisDuration, count, duration } from "../lib/units.ts";
import { keysInWords } from "../state/feed.ts";
import { config, model } from "../state/live.ts";
import type { WriteTrace } from "../state/traces.ts";
import { markFor } from "../ui/mark.tsx";

export const rowsShown = 14;
/** Sizes in px. */
const rowHeight = 26;
const axisHeight = 22;

interface WaterfallRowsProps {
  /** At most `rowsShown` of them, the newest first. */
  readonly traces: readonly WriteTrace[];
  /** The quorum to compare with; 0 for none. */
  readonly ghost: number;
}

/** The rows share one time axis, from the proposal of each write. */
export function WaterfallRows({ traces, ghost }: WaterfallRowsProps) {
  const [width, measure] = useWidth<HTMLDivElement>();
  const labelWidth = width < 420 ? 88 : 132;
  const topMs = niceCeiling(longestTravelMs());
  const plotWidth = Math.max(60, width - labelWidth - 74);
  // An outlier stands at the edge, just beyond the axis.
  const x = (ms: number) => labelWidth + Math.min(1 + 8 / plotWidth, ms / topMs) * plotWidth;
  const height = axisHeight + rowsShown * rowHeight;
  return (
    <div ref={measure} class="waterfall-rows">
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`The last ${traces.length} writes, 0 to ${duration(topMs)}`}
        >
          {ticksUpTo(topMs, width < 420 ? 2 : 4).map((ms) => (
            <g key={ms} class="grid">
              <line x1={x(ms)} x2={x(ms)} y1={axisHeight - 4} y2={height} />
              <text x={x(ms)} y={12} text-anchor="middle">
                {axisDuration(ms)}
              </text>
            </g>
          ))}
          {traces.map((trace, row) => (
            <Row
              key={`${trace.sequence} ${trace.at}`}
              trace={trace}
              ghost={ghost}
              place={{ x, y: axisHeight + row * rowHeight, labelWidth, end: width }}
            />
          ))}
        </svg>
      )}
    </div>
  );
}

/** Of more writes than are shown, and at least the longest delay that is set, so that the axis keeps still. */
function longestTravelMs(): number {
  const recent = model.traces.ring.newest(60).flatMap(({ acks }) => acks.map(({ ms }) => ms));
  const askedMs = config.value === undefined ? 0 : longestDelayMs(config.value);
  return robustTop(recent, Math.max(askedMs, 1));
}

/** `ghost` as for all rows; `place` is where the row is drawn. */
interface RowProps {
  readonly trace: WriteTrace;
  readonly ghost: number;
  readonly place: {
    /** The place of an instant on the time axis, px. */
    readonly x: (ms: number) => number;
    /** The upper edge of the row, px. */
    readonly y: number;
    readonly labelWidth: number;
    readonly end: number;
  };
}

/** From left to right: the version and key, the wait, the acks, and the outcome. */
function Row({ trace, ghost, place }: RowProps) {
  const { x, y, labelWidth, end } = place;
  const middle = y + rowHeight / 2;
  const answerMs = trace.latencyMs;
  const lastMs = trace.acks.at(-1)?.ms ?? 0;
  const ghostMs = ghost === 0 ? undefined : trace.acks[ghost - 1]?.ms;
  return (
    <g class={`row ${trace.outcome}`}>
      <title>{rowInWords(trace)}</title>
      <text x={0} y={middle + 4} class="row-label">
        <tspan class="row-version">{count(trace.sequence)}</tspan>
        <tspan dx="6">{shorten(trace.keys[0] ?? "", labelWidth < 100 ? 6 : 11)}</tspan>
      </text>
      <line x1={x(0)} x2={x(lastMs)} y1={middle} y2={middle} class="late" />
      {answerMs !== undefined && (
        <>
          <line x1={x(0)} x2={x(answerMs)} y1={middle} y2={middle} class="waited" />
          <line
            x1={x(answerMs)}
            x2={x(answerMs)}
            y1={y + 3}
            y2={y + rowHeight - 3}
            class="answer"
          />
        </>
      )}
      {ghostMs !== undefined && (
        <line x1={x(ghostMs)} x2={x(ghostMs)} y1={y + 2} y2={y + rowHeight - 2} class="ghost" />
      )}
      {trace.acks.map(({ node, ms }) => {
        const mark = markFor(node);
        return (
          <path
            key={node}
            d={shapePath(mark.shape, 4.5)}
            transform={`translate(${x(ms).toFixed(1)} ${middle})`}
            class={`ack follower-${mark.colour}`}
          />
        );
      })}
      <text x={end} y={middle + 4} text-anchor="end" class="row-result">
        {trace.outcome === "settled" ? duration(answerMs ?? 0) : trace.outcome}
      </text>
    </g>
  );
}

/** Cuts a key at its end: the place is too narrow for both ends. */
const shorten = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;

/** What a screen reader says of a row, and what a resting pointer shows. */
function rowInWords(trace: WriteTrace): string {
  const acks = trace.acks.map(({ node, ms }) => `${node} ${duration(ms)}`).join(", ");
  return `Version ${count(trace.sequence)}, ${keysInWords(trace.keys)}, quorum ${trace.quorum}. Acks: ${acks || "none yet"}.`;
}
