/** The lines that the simulation prints with `--progress json`, as far as a job needs them. */
import { z } from "zod";
import type { SweepEvent } from "./types.ts";

const figure = z.number().nullable();

const line = z.discriminatedUnion("type", [
  z.object({ type: z.literal("plan"), writesTotal: z.number() }),
  z.object({ type: z.literal("stage"), quorum: z.number(), theoryMs: figure }),
  z.object({
    type: z.literal("write"),
    quorum: z.number(),
    latencyMs: figure,
    writesDone: z.number(),
    writesTotal: z.number(),
    meanMs: figure,
    theoryMs: z.number(),
    secondsLeft: z.number(),
  }),
  z.object({
    type: z.literal("quorum"),
    result: z.object({
      quorum: z.number(),
      samples: z.number(),
      meanMs: z.number(),
      meanLowMs: figure,
      meanHighMs: figure,
      p50Ms: z.number(),
      p90Ms: z.number(),
      p95Ms: z.number(),
      maxMs: z.number(),
      theoryMs: z.number(),
      overheadMs: z.number(),
      errors: z.number(),
      verdict: z.string(),
    }),
  }),
]);
type Line = z.infer<typeof line>;

/** A progress line; undefined for any other text, which is meant for people. */
export function readLine(text: string): Line | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The events that a line causes: none, one, or the progress and the sample of a write. */
export function eventsOf(told: Line): readonly SweepEvent[] {
  if (told.type === "quorum") return [{ name: "quorum", data: told.result }];
  if (told.type !== "write") return [];
  const { type: _, latencyMs, ...progress } = told;
  const { quorum } = told;
  return [
    { name: "progress", data: progress },
    ...(latencyMs === null ? [] : [{ name: "sample" as const, data: { quorum, latencyMs } }]),
  ];
}

/** What the simulation prints on stdout when it ends, with `--json`. */
export const endSchema = z.object({
  headline: z.string(),
  verdicts: z.array(z.object({ title: z.string(), state: z.string(), detail: z.string() })),
});
