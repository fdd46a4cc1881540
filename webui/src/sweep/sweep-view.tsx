/** The quorum sweep from the browser: settings, the run as it lands, its table, and former runs. */
import { useEffect } from "preact/hooks";
import { addressOf } from "../api/http.ts";
import type { Sweep } from "../api/wire.ts";
import { count, dateAndTime, delayRange, duration, longDuration, plural } from "../lib/units.ts";
import { followers, leaderId, runningSweep } from "../state/live.ts";
import { go, route } from "../state/route.ts";
import { Blank, Panel, Scroller } from "../ui/panel.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { SweepChart } from "./sweep-chart.tsx";
import { SweepForm, wantedOptions } from "./sweep-form.tsx";
import { cancelSweep, follow, listProblem, loadSweeps, samplesOf, sweeps } from "./sweeps.ts";

export function SweepView() {
  useEffect(() => {
    if (leaderId.value !== "") void loadSweeps();
    // A run that another tab started or ended is in the list as well.
  }, [leaderId.value, runningSweep.value?.id]);
  const chosen =
    sweeps.value.find(({ id }) => id === route.value.sweep) ??
    (route.value.sweep === "" ? sweeps.value[0] : undefined);
  const running = sweeps.value.find(({ state }) => state === "running");
  // A finished run tells its points again to whoever asks; one that runs elsewhere is followed too.
  useEffect(() => (chosen === undefined ? undefined : follow(chosen.id)), [chosen?.id]);
  useEffect(
    () => (running === undefined || running.id === chosen?.id ? undefined : follow(running.id)),
    [running?.id, chosen?.id],
  );
  return (
    <div class="sweep-grid">
      <SweepForm running={running} />
      <Run sweep={chosen} />
      <History chosen={chosen?.id} />
    </div>
  );
}

function Run({ sweep }: { readonly sweep: Sweep | undefined }) {
  if (sweep === undefined) {
    return (
      <Panel
        title="Latency against quorum"
        hint="Theory: the line is the mean, the band holds nine of ten writes"
        class="sweep-run"
      >
        {listProblem.value === undefined ? (
          <Prospect />
        ) : (
          <ProblemNote problem={listProblem.value} />
        )}
      </Panel>
    );
  }
  return (
    <Panel
      title="Latency against quorum"
      hint="Points are writes; diamonds are means with their 95 % interval; line and band are theory"
      class="sweep-run"
      table={() => <Results sweep={sweep} />}
    >
      <Progress sweep={sweep} />
      <SweepChart sweep={sweep} samples={samplesOf(sweep.id)} followers={followers.value.length} />
      <Scroller label="Results by quorum">
        <Results sweep={sweep} />
      </Scroller>
      <Report sweep={sweep} />
    </Panel>
  );
}

/** Before the first run: what theory says of the settings in the form. */
function Prospect() {
  const options = wantedOptions.value;
  if (options === undefined || followers.value.length === 0) {
    return <Blank>Choose quorums and delays; theory for them appears here.</Blank>;
  }
  return (
    <>
      <p class="headline prospect" data-test="prospect">
        This is what theory says. Start the sweep, and each write lands here as a point.
      </p>
      <SweepChart
        sweep={{ options, results: [] }}
        samples={[]}
        followers={followers.value.length}
      />
    </>
  );
}

function Progress({ sweep }: { readonly sweep: Sweep }) {
  const { state, progress } = sweep;
  if (state !== "running") {
    const tone = state === "done" ? toneOf(sweep) : state === "failed" ? "bad" : "warning";
    const said = { done: "Done.", failed: "Failed.", cancelled: "Cancelled; settings restored." };
    return (
      <p class={`headline ${tone}`} data-test="sweep-headline">
        {sweep.headline ?? sweep.error ?? said[state]}
        {sweep.headline !== null && sweep.error !== null && ` ${sweep.error}`}
        {tone === "warning" && state === "done" && (
          <span class="hint">
            {" "}
            What chance or a busy machine can explain counts as inconclusive; the report says what
            to do.
          </span>
        )}
      </p>
    );
  }
  const { quorum, writesDone, writesTotal, meanMs, theoryMs, secondsLeft } = progress;
  return (
    <div class="sweep-progress">
      <progress max={Math.max(1, writesTotal)} value={writesDone} aria-label="Writes done" />
      <p>
        {count(writesDone)} of {plural(writesTotal, "write")}
        {secondsLeft !== null && `, about ${longDuration(secondsLeft * 1000)} left`}. Now quorum{" "}
        {quorum}
        {meanMs !== null && `: mean so far ${duration(meanMs)}`}
        {theoryMs !== null && `, theory ${duration(theoryMs)}`}
      </p>
      <button type="button" class="danger" onClick={() => void cancelSweep(sweep.id)}>
        Cancel
      </button>
    </div>
  );
}

/** The simulation's words for a verdict. */
const verdictSymbols: Readonly<Record<string, string>> = {
  ...{ passed: "✓ passed", failed: "✗ failed", inconclusive: "? inconclusive" },
};

function toneOf({ results, error }: Sweep): "good" | "warning" | "bad" {
  if (error !== null || results.some(({ verdict }) => verdict === "failed")) return "bad";
  return results.some(({ verdict }) => verdict === "inconclusive") ? "warning" : "good";
}

function Results({ sweep }: { readonly sweep: Sweep }) {
  if (sweep.results.length === 0) return <Blank>Rows come as each quorum is done.</Blank>;
  return (
    <table class="results">
      <thead>
        <tr>
          <th scope="col">Quorum</th>
          <th scope="col">Writes</th>
          <th scope="col">Mean (95 % interval)</th>
          <th scope="col">Theory</th>
          <th scope="col">Overhead</th>
          <th scope="col">p50</th>
          <th scope="col">p90</th>
          <th scope="col">p95</th>
          <th scope="col">Max</th>
          <th scope="col">Errors</th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {sweep.results.map((row) => (
          <tr key={row.quorum}>
            <th scope="row">{row.quorum}</th>
            <td class="number">{count(row.samples)}</td>
            <td class="number">
              {duration(row.meanMs)}{" "}
              {row.meanLowMs !== null && row.meanHighMs !== null && (
                <span class="dim">
                  ({duration(row.meanLowMs)} to {duration(row.meanHighMs)})
                </span>
              )}
            </td>
            <td class="number">{duration(row.theoryMs)}</td>
            <td class="number">{duration(row.overheadMs)}</td>
            <td class="number">{duration(row.p50Ms)}</td>
            <td class="number">{duration(row.p90Ms)}</td>
            <td class="number">{duration(row.p95Ms)}</td>
            <td class="number">{duration(row.maxMs)}</td>
            <td class="number">{count(row.errors)}</td>
            <td class={`verdict ${row.verdict}`}>{verdictSymbols[row.verdict] ?? row.verdict}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const reportFiles: readonly (readonly [string, string])[] = [
  ["index.html", "Open the report"],
  ["report.md", "report.md"],
  ["results.json", "results.json"],
  ["samples.csv", "samples.csv"],
  ["summary.csv", "summary.csv"],
];

function Report({ sweep }: { readonly sweep: Sweep }) {
  if (sweep.state === "running" || sweep.results.length === 0) return null;
  return (
    <ul class="report-files" aria-label="Report">
      {reportFiles.map(([file, text]) => (
        <li key={file}>
          <a
            href={addressOf(`/sweeps/${sweep.id}/report/${file}`, leaderId.value)}
            target={file === "index.html" ? "_blank" : undefined}
            download={file === "index.html" ? undefined : file}
            rel="noreferrer"
          >
            {text}
          </a>
        </li>
      ))}
    </ul>
  );
}

function History({ chosen }: { readonly chosen: string | undefined }) {
  return (
    <Panel title="Runs" hint="Newest first, as this leader remembers them" class="sweep-history">
      {sweeps.value.length === 0 ? (
        <Blank>No runs yet. The last ten stay here, with their reports.</Blank>
      ) : (
        <ul class="runs">
          {sweeps.value.map((sweep) => (
            <li key={sweep.id}>
              <button
                type="button"
                class="run-row"
                aria-current={sweep.id === chosen ? "true" : undefined}
                onClick={() => go({ sweep: sweep.id })}
              >
                <span>{dateAndTime(sweep.startedAt)}</span>
                <span class={`run-state ${sweep.state}`}>{sweep.state}</span>
                <span class="dim">{inShort(sweep)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function inShort({ options }: Sweep): string {
  const { quorums, clients, writes, rounds, minDelay, maxDelay } = options;
  return `quorum ${quorums.join(", ")} · ${clients} × ${writes} writes × ${rounds} · ${delayRange(minDelay, maxDelay)}`;
}
