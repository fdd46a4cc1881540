/**
 * The form of a new sweep: its settings, how long it will take, and what it changes for others while it
 * runs. The leader checks the settings again.
 */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { equalFollowers, predictSettle } from "../../../simulation/theory/index.ts";
import type { Problem } from "../api/http.ts";
import type { Sweep, SweepOptions } from "../api/wire.ts";
import { count, delayRange, longDuration, plural } from "../lib/units.ts";
import { config, followers, quorumInForce } from "../state/live.ts";
import { go } from "../state/route.ts";
import { administersOnly, mayAdminister } from "../state/session.ts";
import { Panel } from "../ui/panel.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { startSweep } from "./sweeps.ts";

/** The numbers of a sweep, with the limits of the leader. */
const fields = [
  { name: "clients", text: "Clients", unit: "at once", min: 1, max: 200 },
  { name: "writes", text: "Writes", unit: "per client", min: 1, max: 10_000 },
  { name: "rounds", text: "Rounds", unit: "per quorum", min: 1, max: 100 },
  { name: "minDelay", text: "Shortest delay", unit: "ms", min: 0, max: 60_000 },
  { name: "maxDelay", text: "Longest delay", unit: "ms", min: 0, max: 60_000 },
] as const;

type Numbers = Record<(typeof fields)[number]["name"], number>;

const defaults: Numbers = { clients: 10, writes: 10, rounds: 1, minDelay: 0, maxDelay: 1000 };

/** What the form holds now, for the chart of theory; undefined while it holds no valid sweep. */
export const wantedOptions = signal<SweepOptions | undefined>(undefined);

/** `running`: the sweep that runs; another one can start only after it. */
export function SweepForm({ running }: { readonly running: Sweep | undefined }) {
  const highest = followers.value.length;
  const [chosen, setChosen] = useState<readonly number[] | undefined>(undefined);
  const [numbers, setNumbers] = useState<Numbers>(defaults);
  const [seed, setSeed] = useState("");
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  // Until somebody chooses, all quorums that the cluster can have.
  const quorums = chosen ?? Array.from({ length: highest }, (_, place) => place + 1);
  const options: SweepOptions = {
    ...numbers,
    quorums,
    ...(seed === "" ? {} : { seed: Number(seed) }),
  };
  const wrongRange = numbers.maxDelay < numbers.minDelay;
  // As text, so that the effect below runs only when a setting has changed.
  const wanted = wrongRange || quorums.length === 0 ? undefined : JSON.stringify(options);
  useEffect(() => {
    wantedOptions.value = wanted === undefined ? undefined : (JSON.parse(wanted) as SweepOptions);
  }, [wanted]);
  // The address forgets the run that was shown, so that the new one appears.
  const start = async () => {
    go({ sweep: "" }, "replace");
    setProblem(await startSweep(options));
  };
  return (
    <Panel title="Quorum sweep" hint="Measures the latency of each write quorum" class="sweep-form">
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
                min={min}
                max={max}
                value={numbers[name]}
                onInput={(event) =>
                  setNumbers({ ...numbers, [name]: Number(event.currentTarget.value) })
                }
              />
            </label>
          ))}
          <label>
            <span>Seed, of order and intervals</span>
            <input
              name="seed"
              type="number"
              min="0"
              placeholder="1"
              value={seed}
              onInput={(event) => setSeed(event.currentTarget.value)}
            />
          </label>
        </div>
        {wrongRange && <p class="warning-note">The longest delay must be at least the shortest.</p>}
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
          disabled={
            running !== undefined || quorums.length === 0 || wrongRange || !mayAdminister.value
          }
        >
          {running === undefined ? "Start the sweep" : "A sweep is running"}
        </button>
      </form>
      {!mayAdminister.value && <p class="hint">{administersOnly}</p>}
      {problem !== undefined && <ProblemNote problem={problem} />}
    </Panel>
  );
}

/** What a sweep changes for others: the delays. The quorum is set per write, only for its own writes. */
function whatChanges(options: SweepOptions): string {
  const { minDelay, maxDelay, quorums, clients, writes, rounds } = options;
  const settings = config.value;
  const isSame = settings?.minDelay === minDelay && settings.maxDelay === maxDelay;
  const delays = isSame
    ? `The delays stay at ${delayRange(minDelay, maxDelay)}.`
    : `Until the run ends, every write on this cluster is delayed by ${delayRange(minDelay, maxDelay)}` +
      `${settings === undefined ? "" : ` instead of ${delayRange(settings.minDelay, settings.maxDelay)}`}; then the delays are restored.`;
  const total = plural(quorums.length * clients * writes * rounds, "write");
  return (
    `${delays} The write quorum of other writes stays ${quorumInForce.value ?? "as it is"}: each of the ${total} ` +
    "of the sweep sets its own. They go to keys under “sweep/”, all of which are deleted at the end."
  );
}

interface QuorumChoiceProps {
  /** The number of followers. */
  readonly highest: number;
  /** In ascending order. */
  readonly chosen: readonly number[];
  readonly onChange: (quorums: readonly number[]) => void;
}

/** Any set of quorums; a single one is a short sweep. */
function QuorumChoice({ highest, chosen, onChange }: QuorumChoiceProps) {
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

/**
 * In ms. Each client sends its writes one after the other, so a round takes as long as one client;
 * after each quorum the sweep waits for the slowest followers and compares the stores.
 */
function estimateMs(options: SweepOptions, highest: number): number {
  const delay = { minDelayMs: options.minDelay, maxDelayMs: options.maxDelay };
  if (delay.maxDelayMs < delay.minDelayMs) return 0;
  return options.quorums
    .filter((quorum) => quorum <= highest)
    .map((quorum) => predictSettle({ followers: equalFollowers(highest, delay), quorum }).meanMs)
    .map((meanMs) => options.rounds * options.writes * (meanMs + 3) * 1.1 + options.maxDelay + 700)
    .reduce((sum, ms) => sum + ms, 1500);
}
