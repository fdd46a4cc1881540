/**
 * The lag chart: how far each follower was behind the leader in the last two minutes, in entries or in
 * ms. A follower's line ends where the leader cannot know its lag.
 */
import { useState } from "preact/hooks";
import type uPlot from "uplot";
import { useThrottled } from "../lib/hooks.ts";
import { count, duration, timeOfDay } from "../lib/units.ts";
import { followers, leaderNow, model, tick } from "../state/live.ts";
import type { LagSample } from "../state/model.ts";
import { markFor, NodeName } from "../ui/mark.tsx";
import { AwaitingCluster, Panel } from "../ui/panel.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { Table } from "../ui/table.tsx";
import { type ChartOptions, type ColourOf, chartOf, Plot } from "./plot.tsx";

/** Long enough to see a follower fall behind, catch up, and be in sync again. */
const shownMs = 120_000;
/** Entries say how much is missing, ms how old the oldest missing entry is. */
type Unit = "entries" | "ms";

/** The unit is chosen on the panel; the table shows both, for the last hundred reports. */
export function LagChart() {
  useThrottled(tick, 4);
  const [unit, setUnit] = useState<Unit>("ms");
  const ids = followers.value.map(({ id }) => id);
  const now = leaderNow();
  const samples = [...model.lags].filter(({ at }) => now - at < shownMs);
  const most = Math.max(0, ...samples.flatMap(({ lag }) => ids.map((id) => lag[id]?.[unit] ?? 0)));
  return (
    <Panel
      title="Lag"
      hint="Behind the leader's last entry"
      class="lag"
      table={() => <LagTable ids={ids} samples={samples.slice(-100).reverse()} />}
      actions={
        <Segmented
          label="Unit"
          hideLabel
          options={[
            { value: "ms", text: "ms" },
            { value: "entries", text: "entries" },
          ]}
          value={unit}
          onChange={setUnit}
        />
      }
    >
      {samples.length === 0 ? (
        <AwaitingCluster />
      ) : (
        <>
          <ul class="legend">
            {ids.map((id) => (
              <li key={id}>
                <LineSample id={id} />
                {id}
              </li>
            ))}
          </ul>
          <Plot
            shape={`${unit} ${ids.join()}`}
            height={230}
            data={columns(samples, { ids, unit, now })}
            options={(colour) => lagOptions(colour, { ids, unit })}
            label={`Lag of ${ids.length} followers in the last two minutes, at most ${
              unit === "ms" ? duration(most) : `${count(most)} entries`
            }`}
          />
        </>
      )}
    </Panel>
  );
}

/** A piece of a follower's line, for the legend. */
function LineSample({ id }: { readonly id: string }) {
  const mark = markFor(id);
  return (
    <svg width="26" height="10" aria-hidden="true" class={`follower-${mark.colour}`}>
      <line x1="0" x2="26" y1="5" y2="5" class="sample" stroke-dasharray={mark.dash.join(" ")} />
    </svg>
  );
}

/** What the chart has a line for, and in which unit. */
interface Lines {
  readonly ids: readonly string[];
  readonly unit: Unit;
}

/** A column of seconds before now, then one of lags per follower; null where none is known. */
function columns(
  samples: readonly LagSample[],
  { ids, unit, now }: Lines & { readonly now: number },
): uPlot.AlignedData {
  return [
    samples.map(({ at }) => (at - now) / 1000),
    ...ids.map((id) => samples.map(({ lag }) => lag[id]?.[unit] ?? null)),
  ];
}

/** The axis reaches at least to 100 ms or 4 entries, so that an idle cluster shows a flat line. */
function lagOptions(colour: ColourOf, { ids, unit }: Lines): ChartOptions {
  const least = unit === "ms" ? 100 : 4;
  const yRange = (top: number): [number, number] => [0, Math.max(least, top * 1.12)];
  return {
    ...chartOf(colour, { shownMs, unit: unit === "ms" ? "ms" : "", yRange }),
    series: [
      {},
      ...ids.map((id) => {
        const mark = markFor(id);
        return {
          label: id,
          stroke: colour(`--follower-${mark.colour}`),
          width: 1.75,
          dash: [...mark.dash],
          points: { show: false },
        };
      }),
    ],
  };
}

/** The same samples as rows. */
function LagTable(props: { ids: readonly string[]; samples: readonly LagSample[] }) {
  return (
    <Table columns={["At", ...props.ids.map((id) => <NodeName key={id} id={id} />)]}>
      {props.samples.map(({ at, lag }) => (
        <tr key={at}>
          <td class="number">{timeOfDay(at)}</td>
          {props.ids.map((id) => (
            <td class="number" key={id}>
              {lag[id] === undefined
                ? "–"
                : `${count(lag[id].entries)} entries, ${duration(lag[id].ms)}`}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  );
}
