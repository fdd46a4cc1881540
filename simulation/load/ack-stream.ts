/** Reads the leader's `GET /events`, which reports every ack, also those after the answer. */
import { setTimeout } from "node:timers/promises";
import { createParser } from "eventsource-parser";
import { ackEventSchema } from "../http/answers.ts";
import type { Ack, Sample, Timeline } from "../results/schema.ts";
import { roundedAck } from "./outcome.ts";

/** Writes kept at most; a pass is known by its first ones. */
const writesMax = 5000;

/** The acks heard so far. Memory is bounded: of later writes none is kept. */
export interface AckStream {
  /** Those of the samples whose acks all arrived so far. */
  timelines(samples: readonly Sample[], followers: number): readonly Timeline[];
  /** Resolves once every ack of the samples has arrived, or after a bounded time: events may lag behind. */
  complete(samples: readonly Sample[], followers: number): Promise<void>;
  close(): void;
}

/** How long `complete` waits at most, in steps of the second. Milliseconds. */
const completeMsMax = 3_000;
const completeStepMs = 25;
const opensMax = 3;

/** Resolves once the stream is open. A leader without it leaves the timelines empty. */
export async function openAckStream(leaderUrl: string, signal: AbortSignal): Promise<AckStream> {
  const acks = new Map<number, Ack[]>();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === "ack") keep(acks, data);
    },
  });
  const body = await openEvents(leaderUrl, either);
  if (body !== undefined) void pump(body, (text) => parser.feed(text));
  const isWhole = ({ version }: Sample, followers: number): boolean =>
    acks.get(version)?.length === followers;
  return {
    timelines: (samples, followers) =>
      samples
        .filter((sample) => isWhole(sample, followers))
        .map(({ version, key, settleMs }) => {
          return { version, key, settleMs, acks: acks.get(version) ?? [] };
        }),
    complete: async (samples, followers) => {
      // Of more writes than are kept, the later ones never become whole.
      const wanted = samples.slice(0, writesMax / 2);
      for (let waitedMs = 0; waitedMs < completeMsMax; waitedMs += completeStepMs) {
        if (body === undefined || either.aborted) return;
        if (wanted.every((sample) => isWhole(sample, followers))) return;
        await setTimeout(completeStepMs);
      }
    },
    close: () => stop.abort(),
  };
}

/** A connection that is kept for later calls may be closed by the node just when it is used again. */
async function openEvents(
  leaderUrl: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array> | undefined> {
  for (let opens = 0; opens < opensMax && !signal.aborted; opens += 1) {
    const response = await fetch(`${leaderUrl}/events`, { signal }).catch(() => undefined);
    if (response?.ok === true && response.body !== null) return response.body;
  }
  return undefined;
}

/** Ends quietly when either side closes the stream: the timelines seen so far are kept. */
async function pump(body: ReadableStream<Uint8Array>, feed: (text: string) => void) {
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body) feed(decoder.decode(chunk, { stream: true }));
  } catch {
    // Closed by us or by the leader.
  }
}

function keep(acks: Map<number, Ack[]>, data: string): void {
  const parsed = ackEventSchema.safeParse(JSON.parse(data));
  if (!parsed.success) return;
  const { sequence, ...ack } = parsed.data;
  const known = acks.get(sequence);
  // An entry that is sent again is acked again.
  if (known?.some(({ node }) => node === ack.node) === true) return;
  if (known !== undefined) known.push(roundedAck(ack));
  else if (acks.size < writesMax) acks.set(sequence, [roundedAck(ack)]);
}
