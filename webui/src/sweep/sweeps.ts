/** Sweep jobs on the leader's node, and the one that runs followed live. */
import { signal } from "@preact/signals";
import { addressOf, call, type Problem } from "../api/http.ts";
import { openStream } from "../api/streams.ts";
import type { Sweep, SweepOptions, SweepProgress, SweepResult } from "../api/wire.ts";
import { announce } from "../state/announcer.ts";
import { leaderId } from "../state/live.ts";

export interface Sample {
  readonly quorum: number;
  readonly latencyMs: number;
}

export const sweeps = signal<readonly Sweep[]>([]);
export const listProblem = signal<Problem | undefined>(undefined);
/** Live samples of each run seen since the page was opened. */
export const samples = signal<Readonly<Record<string, readonly Sample[]>>>({});
const samplesKept = 5000;

export const samplesOf = (id: string): readonly Sample[] => samples.value[id] ?? [];

export async function loadSweeps(): Promise<void> {
  const answer = await call<{ sweeps: readonly Sweep[] }>(addressOf("/sweeps", leaderId.value));
  listProblem.value = answer.ok ? undefined : answer.problem;
  if (answer.ok) sweeps.value = answer.value.sweeps;
}

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

export async function cancelSweep(id: string): Promise<void> {
  await call(addressOf(`/sweeps/${id}`, leaderId.value), { method: "DELETE" });
  await loadSweeps();
}

function patch(id: string, change: (sweep: Sweep) => Sweep): void {
  sweeps.value = sweeps.value.map((sweep) => (sweep.id === id ? change(sweep) : sweep));
}

/** Follows a run until the returned function is called; it comes back by itself. */
export function follow(id: string): () => void {
  let waiting: Sample[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const land = () => {
    timer = undefined;
    const all = [...samplesOf(id), ...waiting].slice(-samplesKept);
    waiting = [];
    samples.value = { ...samples.value, [id]: all };
  };
  const told: Readonly<Record<string, (data: string) => void>> = {
    progress: (data) => {
      const progress = JSON.parse(data) as SweepProgress;
      patch(id, (sweep) => ({ ...sweep, progress }));
    },
    sample: (data) => {
      waiting.push(JSON.parse(data) as Sample);
      timer ??= setTimeout(land, 150);
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
      ...{ names: Object.keys(told), kept: [], quietMsMax: 0 },
    },
    {
      state: (state) => {
        // The stream tells the whole run again to whoever opens it anew.
        if (state === "live") {
          waiting = [];
          samples.value = { ...samples.value, [id]: [] };
        }
        if (state === "down") void loadSweeps();
      },
      told: ([name, data]) => told[name]?.(data),
    },
  );
  return () => {
    clearTimeout(timer);
    close();
  };
}
