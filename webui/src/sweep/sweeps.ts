/** The sweep jobs of the leader: starts, cancels and lists them, and follows one while it runs. */
import { signal } from "@preact/signals";
import { addressOf, call, type Problem } from "../api/http.ts";
import { openStream } from "../api/streams.ts";
import type { Sweep, SweepOptions, SweepProgress, SweepResult } from "../api/wire.ts";
import { announce } from "../state/feed.ts";
import { leaderId } from "../state/live.ts";

/** One write of a sweep. */
export interface Sample {
  readonly quorum: number;
  readonly latencyMs: number;
}

/** Newest first, as the leader lists them. */
export const sweeps = signal<readonly Sweep[]>([]);
/** Why the list could not be read, such as a leader without sweeps. */
export const listProblem = signal<Problem | undefined>(undefined);
/** Samples of each run that was followed since the page was opened. */
const samples = signal<Readonly<Record<string, readonly Sample[]>>>({});
/** Of each run; the newest. */
const samplesKept = 5000;
/** Samples come one by one and are shown in groups, so that the chart is not drawn for each. */
const landEveryMs = 150;

export const samplesOf = (id: string): readonly Sample[] => samples.value[id] ?? [];

/** Keeps the list that is known where the leader does not answer. */
export async function loadSweeps(): Promise<void> {
  const answer = await call<{ sweeps: readonly Sweep[] }>(addressOf("/sweeps", leaderId.value));
  listProblem.value = answer.ok ? undefined : answer.problem;
  if (answer.ok) sweeps.value = answer.value.sweeps;
}

/** Undefined when it has started, else the refusal. */
export async function startSweep(options: SweepOptions): Promise<Problem | undefined> {
  const answer = await call<{ sweep: Sweep }>(addressOf("/sweeps", leaderId.value), {
    method: "POST",
    body: JSON.stringify(options),
  });
  if (!answer.ok) return answer.problem;
  await loadSweeps();
  announce("The sweep has started");
  return undefined;
}

/** The run ends a little later, with its settings restored. */
export async function cancelSweep(id: string): Promise<void> {
  await call(addressOf(`/sweeps/${id}`, leaderId.value), { method: "DELETE" });
  await loadSweeps();
}

function patch(id: string, change: (sweep: Sweep) => Sweep): void {
  sweeps.value = sweeps.value.map((sweep) => (sweep.id === id ? change(sweep) : sweep));
}

/**
 * Follows a run until the returned function is called, and reconnects by itself. The leader replays a
 * run from its start, so a finished run can be followed as well.
 */
export function follow(id: string): () => void {
  let waiting: Sample[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const land = () => {
    timer = undefined;
    const all = [...samplesOf(id), ...waiting].slice(-samplesKept);
    waiting = [];
    samples.value = { ...samples.value, [id]: all };
  };
  const handlers: Readonly<Record<string, (data: string) => void>> = {
    progress: (data) => {
      const progress = JSON.parse(data) as SweepProgress;
      patch(id, (sweep) => ({ ...sweep, progress }));
    },
    sample: (data) => {
      waiting.push(JSON.parse(data) as Sample);
      timer ??= setTimeout(land, landEveryMs);
    },
    quorum: (data) => {
      const row = JSON.parse(data) as SweepResult;
      patch(id, (sweep) => ({
        ...sweep,
        results: [...sweep.results.filter(({ quorum }) => quorum !== row.quorum), row].sort(
          (a, b) => a.quorum - b.quorum,
        ),
      }));
    },
    done: () => {
      close();
      if (sweeps.value.find((sweep) => sweep.id === id)?.state !== "running") return;
      announce("The sweep has ended");
      void loadSweeps();
    },
  };
  const close = openStream(
    {
      address: addressOf(`/sweeps/${id}/events`, leaderId.value),
      names: Object.keys(handlers),
      kept: [],
      quietMsMax: 0,
    },
    {
      state: (state) => {
        // A stream that is opened again replays the whole run.
        if (state === "live") {
          waiting = [];
          samples.value = { ...samples.value, [id]: [] };
        }
        if (state === "down") void loadSweeps();
      },
      event: ([name, data]) => handlers[name]?.(data),
    },
  );
  return () => {
    clearTimeout(timer);
    close();
  };
}
