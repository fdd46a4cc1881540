/** Reads the leader's `GET /events`, which reports every ack, also those after the answer. */
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
  close(): void;
}

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
  const response = await fetch(`${leaderUrl}/events`, { signal: either }).catch(() => undefined);
  if (response?.ok === true && response.body !== null) {
    void pump(response.body, (text) => parser.feed(text));
  }
  return {
    timelines: (samples, followers) =>
      samples.flatMap(({ version, key, settleMs }) => {
        const arrived = acks.get(version) ?? [];
        return arrived.length === followers ? [{ version, key, settleMs, acks: arrived }] : [];
      }),
    close: () => stop.abort(),
  };
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
  if (known !== undefined) known.push(roundedAck(ack));
  else if (acks.size < writesMax) acks.set(sequence, [roundedAck(ack)]);
}
