/**
 * The sweep view: the form, the chosen run with its chart and table, and the list of runs. A sweep
 * measures the latency of writes for each write quorum, and compares it with theory.
 */
import { useEffect } from "preact/hooks";
import type { Sweep } from "../api/wire.ts";
import { count, dateAndTime, delayRange, duration, longDuration, plural } from "../lib/units.ts";
import { followers, leaderId, runningSweep } from "../state/live.ts";
import { go, route } from "../state/route.ts";
import { mayAdminister } from "../state/session.ts";
import { Blank, Panel, Scroller } from "../ui/panel.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { SweepChart } from "./sweep-chart.tsx";
import { SweepForm, wantedOptions } from "./sweep-form.tsx";
import { Report, Results, toneOf } from "./sweep-results.tsx";
import { cancelSweep, follow, listProblem, loadSweeps, samplesOf, sweeps } from "./sweeps.ts";

/** The address names the run that is shown; without one, it is the newest. */
export function SweepView() {
  useEffect(() => {
    if (leaderId.value !== "") void loadSweeps();
    // A run that another tab started or ended changes the list too.
  }, [leaderId.value, runningSweep.value?.id]);
  const chosen =
    sweeps.value.find(({ id }) => id === route.value.sweep) ??
    (route.value.sweep === "" ? sweeps.value[0] : undefined);
  const running = sweeps.value.find(({ state }) => state === "running");
  // The chosen run is followed for its points, and the running one for the list.
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

/** Without a run: the chart of theory alone, or why the runs cannot be listed. */
function Run({ sweep }: { readonly sweep: Sweep | undefined }) {
  if (sweep === undefined) {
    return (
      <Panel
        title="Latency against quorum"
        hint="Theory: the line is the mean, the band the range of nine in ten writes"
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

/** Before the first run: what theory predicts for the settings in the form. */
function Prospect() {
  const options = wantedOptions.value;
  if (options === undefined || followers.value.length === 0) {
    return <Blank>Choose quorums and delays to see what theory predicts.</Blank>;
  }
  return (
    <>
      <p class="headline prospect" data-test="prospect">
        This is what theory predicts. Start the sweep to see each write as a point.
      </p>
      <SweepChart
        sweep={{ options, results: [] }}
        samples={[]}
        followers={followers.value.length}
      />
    </>
  );
}

/** Of a finished run, its headline; of a running one, its progress, and the button that cancels it. */
function Progress({ sweep }: { readonly sweep: Sweep }) {
  const { state, progress } = sweep;
  if (state !== "running") {
    // A finished run is judged by its verdicts, a failed or cancelled one by its end.
    const tone = state === "done" ? toneOf(sweep) : state === "failed" ? "bad" : "warning";
    const texts = { done: "Done.", failed: "Failed.", cancelled: "Cancelled; settings restored." };
    return (
      <p class={`headline ${tone}`} data-test="sweep-headline">
        {sweep.headline ?? sweep.error ?? texts[state]}
        {sweep.headline !== null && sweep.error !== null && ` ${sweep.error}`}
        {tone === "warning" && state === "done" && (
          <span class="hint">
            {" "}
            A deviation that chance or a busy machine can explain is inconclusive; the report says
            what to do.
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
      {mayAdminister.value && (
        <button type="button" class="danger" onClick={() => void cancelSweep(sweep.id)}>
          Cancel
        </button>
      )}
    </div>
  );
}

/** Older runs, by their start; each can be chosen. */
function History({ chosen }: { readonly chosen: string | undefined }) {
  return (
    <Panel title="Runs" hint="Newest first; the leader keeps the last ten" class="sweep-history">
      {sweeps.value.length === 0 ? (
        <Blank>No runs yet. They appear here, with their reports.</Blank>
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

/** The settings of a run in one line. */
function inShort({ options }: Sweep): string {
  const { quorums, clients, writes, rounds, minDelay, maxDelay } = options;
  return `quorum ${quorums.join(", ")} · ${clients} × ${writes} writes × ${rounds} · ${delayRange(minDelay, maxDelay)}`;
}
