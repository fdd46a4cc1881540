/** How far each follower is behind, over the last two minutes. */
import { useState } from "preact/hooks";
import type uPlot from "uplot";
import { useThrottled } from "../lib/throttled.ts";
import { count, duration, timeOfDay } from "../lib/units.ts";
import { followers, leaderNow, model, tick } from "../state/live.ts";
import type { LagSample } from "../state/model.ts";
import { markFor, NodeName } from "../ui/mark.tsx";
import { Blank, Panel } from "../ui/panel.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { axes, Plot } from "./plot.tsx";

const shownMs = 120_000;
type Unit = "entries" | "ms";

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
        <Blank tone="loading">Waiting for the first report of the cluster …</Blank>
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

function LineSample({ id }: { readonly id: string }) {
  const mark = markFor(id);
  return (
    <svg width="26" height="10" aria-hidden="true" class={`follower-${mark.colour}`}>
      <line x1="0" x2="26" y1="5" y2="5" class="sample" stroke-dasharray={mark.dash.join(" ")} />
    </svg>
  );
}

function columns(
  samples: readonly LagSample[],
  how: { ids: readonly string[]; unit: Unit; now: number },
): uPlot.AlignedData {
  return [
    samples.map(({ at }) => (at - how.now) / 1000),
    ...how.ids.map((id) => samples.map(({ lag }) => lag[id]?.[how.unit] ?? null)),
  ];
}

function lagOptions(
  colour: (property: string) => string,
  how: { ids: readonly string[]; unit: Unit },
) {
  return {
    legend: { show: false },
    cursor: { show: false },
    padding: [10, 12, 0, 0] as [number, number, number, number],
    scales: {
      x: { time: false, range: [-shownMs / 1000, 0] as [number, number] },
      y: {
        range: (_: uPlot, __: number, top: number) =>
          [0, Math.max(how.unit === "ms" ? 100 : 4, top * 1.12)] as [number, number],
      },
    },
    axes: axes(colour, how.unit === "ms" ? "ms" : ""),
    series: [
      {},
      ...how.ids.map((id) => {
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

function LagTable(props: { ids: readonly string[]; samples: readonly LagSample[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">At</th>
          {props.ids.map((id) => (
            <th scope="col" key={id}>
              <NodeName id={id} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
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
      </tbody>
    </table>
  );
}
