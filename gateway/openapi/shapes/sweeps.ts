/** What sweeps answer. */
import { z } from "zod";
import type { Described } from "../terms/exactly.ts";
import { figure, instant, quorum, text, whole } from "./fields.ts";

export const sweepOptions = z
  .object({
    quorums: z.array(whole("A write quorum.")),
    clients: whole("Clients that write at the same time."),
    writes: whole("Writes of each client."),
    rounds: whole("How often each quorum is measured."),
    minDelay: figure("Milliseconds of simulated delay at least."),
    maxDelay: figure("Milliseconds of simulated delay at most."),
    seed: whole("Of the order in which quorums are measured.").optional(),
  })
  .meta({ id: "SweepOptions", description: "What a sweep measures." });

export const progress = z
  .object({
    quorum,
    writesDone: whole("Writes so far."),
    writesTotal: whole("Writes of the whole sweep."),
    meanMs: figure("Mean latency so far in ms. Null: no write is done.").nullable(),
    theoryMs: figure("What theory expects, in ms.").nullable(),
    secondsLeft: figure("About how long it goes on.").nullable(),
  })
  .meta({ id: "SweepProgress", description: "How far a sweep is." });

const ms = (what: string) => figure(`${what}, in ms.`);
const result = z
  .object({
    quorum,
    samples: whole("Writes that were measured."),
    meanMs: ms("Mean latency"),
    meanLowMs: ms("Lower end of the interval of the mean").nullable(),
    meanHighMs: ms("Upper end of the interval of the mean").nullable(),
    p50Ms: ms("Median"),
    p90Ms: ms("90th percentile"),
    p95Ms: ms("95th percentile"),
    maxMs: ms("Longest latency"),
    theoryMs: ms("What theory expects"),
    overheadMs: ms("Mean minus theory"),
    errors: whole("Writes that failed."),
    verdict: text("Whether the mean agrees with theory."),
  })
  .meta({ id: "SweepResult", description: "What a sweep has measured for one quorum." });

const sweep = z
  .object({
    id: text("The id of the sweep."),
    state: z.enum(["running", "done", "failed", "cancelled"]),
    startedAt: instant("When it started"),
    finishedAt: instant("When it ended. Null while it runs").nullable(),
    options: sweepOptions,
    progress,
    results: z.array(result).meta({ description: "One for each quorum that is finished." }),
    headline: text("The outcome in a sentence. Null until there is one.").nullable(),
    error: text("Why it failed, or which verdict did. Null when all is well.").nullable(),
  })
  .meta({ id: "Sweep", description: "One sweep." });

export const oneSweep = z.object({ sweep });
export const sweepList = z.object({ sweeps: z.array(sweep) });

const sample = z
  .object({ quorum, latencyMs: figure("Of one write, in ms.") })
  .meta({ id: "SweepSample", description: "One write was measured." });

/** The events of one sweep, by name. */
export const sweepEvents = {
  progress,
  sample,
  quorum: result,
  done: sweep,
};

export type SweepOptions = Described<typeof sweepOptions>;
export type SweepProgress = Described<typeof progress>;
export type SweepResult = Described<typeof result>;
export type Sweep = Described<typeof sweep>;
export type SweepList = Described<typeof sweepList>;
type Events = typeof sweepEvents;
export type SweepEvent = {
  [Name in keyof Events]: { readonly name: Name; readonly data: Described<Events[Name]> };
}[keyof Events];
