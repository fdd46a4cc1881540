/**
 * The write waterfall: a row per write with a mark per ack, so that one sees which ack settled the
 * write, and when another quorum would have settled it. The rows are drawn by `waterfall-rows.tsx`.
 */
import { useState } from "preact/hooks";
import { mean } from "../../../simulation/statistics/index.ts";
import { useThrottled } from "../lib/hooks.ts";
import { count, duration, optionalDuration } from "../lib/units.ts";
import { keysInWords } from "../state/feed.ts";
import { followers, model, tick } from "../state/live.ts";
import { focusOn } from "../state/shortcuts.ts";
import type { WriteTrace } from "../state/traces.ts";
import { Invitation, Panel } from "../ui/panel.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { Table } from "../ui/table.tsx";
import { rowsShown, WaterfallRows } from "./waterfall-rows.tsx";

/** Above this rate, waiting writes would fill all rows; only those with an outcome are shown. */
const waitingUpToPerSecond = 15;

/**
 * `ghost` is the quorum to compare with, 0 for none. Under load the rows change
 * twice a second only, so that they can be read.
 */
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
      hint="A row per write, a mark per ack, a line where the write settled"
      class="waterfall"
      table={() => <WaterfallTable traces={model.traces.ring.newest(50)} />}
    >
      {traces.length === 0 ? (
        <Invitation action="Write a value" onAct={() => focusOn("write")}>
          No writes yet. Rows appear with the first write.
        </Invitation>
      ) : (
        <>
          <Segmented
            label="Compare with quorum"
            options={options}
            value={ghost}
            onChange={setGhost}
          />
          <GhostSummary ghost={ghost} />
          <WaterfallRows traces={traces} ghost={ghost} />
        </>
      )}
    </Panel>
  );
}

/** The mean latency of recent writes, and what it would have been under the other quorum. */
function GhostSummary({ ghost }: { readonly ghost: number }) {
  const settled = model.traces.ring
    .newest(50)
    .filter(({ latencyMs, acks }) => latencyMs !== undefined && (ghost === 0 || acks[ghost - 1]));
  if (settled.length === 0) return <p class="ghost-summary dim">No settled writes yet.</p>;
  const actualMs = mean(settled.map(({ latencyMs }) => latencyMs ?? 0));
  if (ghost === 0) {
    return (
      <p class="ghost-summary dim">
        Last {count(settled.length)} settled: {duration(actualMs)} on average.
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

/** The same as the rows in figures, for the last fifty writes. */
const columns = [
  "Version",
  "Keys",
  "Quorum",
  "Outcome",
  "Settled after",
  "Acks in order of arrival (of that, simulated delay)",
];

function WaterfallTable({ traces }: { readonly traces: readonly WriteTrace[] }) {
  return (
    <Table columns={columns}>
      {traces.map((trace) => (
        <tr key={`${trace.sequence} ${trace.at}`}>
          <td class="number">{count(trace.sequence)}</td>
          <td>{keysInWords(trace.keys)}</td>
          <td class="number">{trace.quorum}</td>
          <td>{trace.outcome}</td>
          <td class="number">{optionalDuration(trace.latencyMs)}</td>
          <td>
            {trace.acks
              .map((ack) => `${ack.node} ${duration(ack.ms)} (${duration(ack.delayMs)})`)
              .join(", ")}
          </td>
        </tr>
      ))}
    </Table>
  );
}
