/** What to run, how long it will take, and what it means for everybody else meanwhile. */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { equalFollowers, predictSettle } from "../../../simulation/theory/index.ts";
import type { Problem } from "../api/http.ts";
import type { Sweep, SweepOptions } from "../api/wire.ts";
import { count, delayRange, longDuration, plural } from "../lib/units.ts";
import { config, followers, quorumInForce } from "../state/live.ts";
import { go } from "../state/route.ts";
import { Panel } from "../ui/panel.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { startSweep } from "./sweeps.ts";

const fields = [
  { name: "clients", text: "Clients", unit: "at once", min: 1, max: 200 },
  { name: "writes", text: "Writes", unit: "per client", min: 1, max: 10_000 },
  { name: "rounds", text: "Rounds", unit: "per quorum", min: 1, max: 100 },
  { name: "minDelay", text: "Shortest delay", unit: "ms", min: 0, max: 60_000 },
  { name: "maxDelay", text: "Longest delay", unit: "ms", min: 0, max: 60_000 },
] as const;

type Numbers = Record<(typeof fields)[number]["name"], number>;

/** What the form asks for now: the chart draws its theory before the first run. */
export const wantedOptions = signal<SweepOptions | undefined>(undefined);

export function SweepForm({ running }: { readonly running: Sweep | undefined }) {
  const highest = followers.value.length;
  const [chosen, setChosen] = useState<readonly number[] | undefined>(undefined);
  const [numbers, setNumbers] = useState<Numbers>({
    ...{ clients: 10, writes: 10, rounds: 1, minDelay: 0, maxDelay: 1000 },
  });
  const [seed, setSeed] = useState("");
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const quorums = chosen ?? Array.from({ length: highest }, (_, place) => place + 1);
  const options: SweepOptions = {
    ...{ ...numbers, quorums },
    ...(seed === "" ? {} : { seed: Number(seed) }),
  };
  const wrongRange = numbers.maxDelay < numbers.minDelay;
  const wanted = wrongRange || quorums.length === 0 ? undefined : JSON.stringify(options);
  useEffect(() => {
    wantedOptions.value = wanted === undefined ? undefined : (JSON.parse(wanted) as SweepOptions);
  }, [wanted]);
  const start = async () => {
    go({ sweep: "" }, "replace");
    setProblem(await startSweep(options));
  };
  return (
    <Panel title="Quorum sweep" hint="What each write quorum costs, measured" class="sweep-form">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <QuorumChoice highest={highest} chosen={quorums} onChange={setChosen} />
        <div class="number-fields">
          {fields.map(({ name, text, unit, min, max }) => (
            <label key={name}>
              <span>
                {text}, {unit}
              </span>
              <input
                name={name}
                type="number"
                required
                {...{ min, max }}
                value={numbers[name]}
                onInput={(event) =>
                  setNumbers({ ...numbers, [name]: Number(event.currentTarget.value) })
                }
              />
            </label>
          ))}
          <label>
            <span>Seed, of the order</span>
            <input
              name="seed"
              type="number"
              min="0"
              placeholder="any"
              value={seed}
              onInput={(event) => setSeed(event.currentTarget.value)}
            />
          </label>
        </div>
        {wrongRange && (
          <p class="warning-note">The longest delay must not be below the shortest.</p>
        )}
        <p class="estimate">
          {count(quorums.length * numbers.clients * numbers.writes * numbers.rounds)} writes, about{" "}
          <strong>{longDuration(estimateMs(options, highest))}</strong>
        </p>
        <p class="warning-note">
          <span aria-hidden="true">▲ </span>
          {whatChanges(options)}
        </p>
        <button
          type="submit"
          class="primary"
          disabled={running !== undefined || quorums.length === 0 || wrongRange}
        >
          {running === undefined ? "Start the sweep" : "A sweep is running"}
        </button>
      </form>
      {problem !== undefined && <ProblemNote problem={problem} />}
    </Panel>
  );
}

/** A sweep borrows the delays; the quorum goes with each of its own writes. */
function whatChanges({
  minDelay,
  maxDelay,
  quorums,
  clients,
  writes,
  rounds,
}: SweepOptions): string {
  const settings = config.value;
  const isSame = settings?.minDelay === minDelay && settings.maxDelay === maxDelay;
  const delays = isSame
    ? `The delays stay at ${delayRange(minDelay, maxDelay)}.`
    : `Until the run ends, every write on this cluster meets delays of ${delayRange(minDelay, maxDelay)}` +
      `${settings === undefined ? "" : ` instead of ${delayRange(settings.minDelay, settings.maxDelay)}`}; then they are restored.`;
  const total = plural(quorums.length * clients * writes * rounds, "write");
  return (
    `${delays} The write quorum of others stays ${quorumInForce.value ?? "as it is"}: each of the ${total} ` +
    "carries its own. They go to keys under “sweep/”, all of which are deleted at the end."
  );
}

function QuorumChoice(props: {
  highest: number;
  chosen: readonly number[];
  onChange: (quorums: readonly number[]) => void;
}) {
  const { highest, chosen, onChange } = props;
  return (
    <fieldset class="segmented">
      <legend>Quorums</legend>
      <div class="segments">
        {Array.from({ length: highest }, (_, place) => place + 1).map((quorum) => (
          <label key={quorum}>
            <input
              type="checkbox"
              name="quorums"
              checked={chosen.includes(quorum)}
              onChange={(event) =>
                onChange(
                  event.currentTarget.checked
                    ? [...chosen, quorum].sort((a, b) => a - b)
                    : chosen.filter((other) => other !== quorum),
                )
              }
            />
            <span>{quorum}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Each client writes one after the other; per quorum comes a pause in which stores are compared. */
function estimateMs(options: SweepOptions, highest: number): number {
  const delay = { minDelayMs: options.minDelay, maxDelayMs: options.maxDelay };
  if (delay.maxDelayMs < delay.minDelayMs) return 0;
  return options.quorums
    .filter((quorum) => quorum <= highest)
    .map((quorum) => predictSettle({ followers: equalFollowers(highest, delay), quorum }).meanMs)
    .map((meanMs) => options.rounds * options.writes * (meanMs + 3) * 1.1 + options.maxDelay + 700)
    .reduce((sum, ms) => sum + ms, 1500);
}
