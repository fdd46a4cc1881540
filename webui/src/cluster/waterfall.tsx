/** One row per write: a mark per ack, a line at the one that answered, a ghost for another quorum. */
import { useState } from "preact/hooks";
import { shapePath } from "../lib/followers.ts";
import { niceCeiling, robustTop, ticksUpTo } from "../lib/scale.ts";
import { longestDelayMs } from "../lib/theory.ts";
import { useThrottled, useWidth } from "../lib/throttled.ts";
import { axisDuration, count, duration } from "../lib/units.ts";
import { keysInWords } from "../state/feed.ts";
import { config, followers, model, tick } from "../state/live.ts";
import { focusOn } from "../state/shortcuts.ts";
import type { WriteTrace } from "../state/traces.ts";
import { markFor } from "../ui/mark.tsx";
import { Invitation, Panel } from "../ui/panel.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { WaterfallTable } from "./waterfall-table.tsx";

const rowsShown = 14;
const rowHeight = 26;
const axisHeight = 22;

/** Above this rate, writes that still wait would fill all rows; those answered say more. */
const waitingUpToPerSecond = 15;

export function Waterfall() {
  const busy = (model.rates.at(-1)?.writes ?? 0) > waitingUpToPerSecond;
  useThrottled(tick, busy ? 2 : 5);
  const [ghost, setGhost] = useState(0);
  const traces = busy
    ? model.traces.ring
        .newest(200)
        .filter(({ outcome }) => outcome !== "waiting")
        .slice(0, rowsShown)
    : model.traces.ring.newest(rowsShown);
  const options = [
    { value: 0, text: "off" },
    ...followers.value.map((_, place) => ({ value: place + 1, text: String(place + 1) })),
  ];
  return (
    <Panel
      title="Write waterfall"
      hint="A row per write, a mark per ack, the line where it was answered"
      class="waterfall"
      table={() => <WaterfallTable traces={model.traces.ring.newest(50)} />}
    >
      {traces.length === 0 ? (
        <Invitation action="Write a value" onAct={() => focusOn("write")}>
          No writes yet. Rows appear as soon as anybody writes.
        </Invitation>
      ) : (
        <>
          <Segmented
            label="Had the quorum been"
            options={options}
            value={ghost}
            onChange={setGhost}
          />
          <GhostSummary ghost={ghost} />
          <Rows traces={traces} ghost={ghost} />
        </>
      )}
    </Panel>
  );
}

/** What the writes shown would have taken, against what they took. */
function GhostSummary({ ghost }: { readonly ghost: number }) {
  const settled = model.traces.ring
    .newest(50)
    .filter(({ latencyMs, acks }) => latencyMs !== undefined && (ghost === 0 || acks[ghost - 1]));
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const actualMs = mean(settled.map(({ latencyMs }) => latencyMs ?? 0));
  if (settled.length === 0) return <p class="ghost-summary dim">No answered writes yet.</p>;
  if (ghost === 0) {
    return (
      <p class="ghost-summary dim">
        Last {count(settled.length)} answered: {duration(actualMs)} on average.
      </p>
    );
  }
  const ghostMs = mean(settled.map(({ acks }) => acks[ghost - 1]?.ms ?? 0));
  return (
    <p class="ghost-summary">
      With quorum {ghost}: <strong>{duration(ghostMs)}</strong> on average instead of{" "}
      {duration(actualMs)}, over the last {count(settled.length)}.
    </p>
  );
}

function Rows({
  traces,
  ghost,
}: {
  readonly traces: readonly WriteTrace[];
  readonly ghost: number;
}) {
  const [width, measure] = useWidth<HTMLDivElement>();
  const labelWidth = width < 420 ? 88 : 132;
  const topMs = niceCeiling(longestTravelMs());
  const plotWidth = Math.max(60, width - labelWidth - 62);
  /** An outlier stands at the edge, just beyond the axis. */
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

/** Over more writes than are shown, and the delays asked for, so that the axis keeps still. */
function longestTravelMs(): number {
  const recent = model.traces.ring.newest(60).flatMap(({ acks }) => acks.map(({ ms }) => ms));
  const askedMs = config.value === undefined ? 0 : longestDelayMs(config.value);
  return robustTop(recent, Math.max(askedMs, 1));
}

interface RowProps {
  readonly trace: WriteTrace;
  readonly ghost: number;
  readonly place: {
    readonly x: (ms: number) => number;
    readonly y: number;
    readonly labelWidth: number;
    readonly end: number;
  };
}

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

const shorten = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;

function rowInWords(trace: WriteTrace): string {
  const acks = trace.acks.map(({ node, ms }) => `${node} ${duration(ms)}`).join(", ");
  return `Version ${count(trace.sequence)}, ${keysInWords(trace.keys)}, quorum ${trace.quorum}. Acks: ${acks || "none yet"}.`;
}
