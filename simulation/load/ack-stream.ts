/**
 * Reads the leader's `GET /events`, which reports every ack, also those after the answer. The leader
 * reports the first writes of each second only.
 */
import { createParser } from "eventsource-parser";
import type { z } from "zod";
import {
  ackEventSchema,
  helloEventSchema,
  rateEventSchema,
  writeEventSchema,
} from "../http/answers.ts";
import { credential } from "../http/credential.ts";
import type { Ack, Sample, Timeline } from "../results/schema.ts";
import { roundedAck } from "./outcome.ts";

/** Writes kept at most; a pass is known by its first ones. */
const writesMax = 5000;
/** How long events are awaited at most: a follower that is gone never acks. */
const waitMsMax = 3_000;
const opensMax = 3;

/** Resolves once the stream is open. A leader without it leaves the timelines empty. */
export async function openAckStream(leaderUrl: string, signal: AbortSignal): Promise<AckStream> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  return new AckStream(await openEvents(leaderUrl, either), stop);
}

/** The acks heard so far. Memory is bounded: of later writes none is kept. */
export class AckStream {
  readonly #stop: AbortController;
  /** Of the writes that the leader reports; none yet is an empty list. */
  readonly #acks = new Map<number, Ack[]>();
  /** The leader's wall clock when the stream was opened, ms. What is not later was sent as history. */
  #openedAt = Number.POSITIVE_INFINITY;
  /** How many seconds have ended since. */
  #seconds = 0;
  #isOpen: boolean;
  /** Resolves when more was heard, or nothing more will be. */
  #news = Promise.withResolvers<void>();

  constructor(body: ReadableStream<Uint8Array> | undefined, stop: AbortController) {
    this.#stop = stop;
    this.#isOpen = body !== undefined;
    if (body !== undefined) void this.#pump(body);
  }

  /** Those of the samples whose acks all arrived so far. */
  timelines(samples: readonly Sample[], followers: number): readonly Timeline[] {
    return samples
      .filter(({ version }) => this.#acks.get(version)?.length === followers)
      .map(({ version, key, settleMs }) => {
        return { version, key, settleMs, acks: this.#acks.get(version) ?? [] };
      });
  }

  /** Resolves when a second of the leader ends, or after a bounded time: the next writes are reported. */
  async nextSecond(): Promise<void> {
    const before = this.#seconds;
    await this.#until(() => this.#seconds > before);
  }

  /**
   * Resolves once every ack of the samples has arrived, or after a bounded time: events may lag behind
   * the answers. Those that the leader does not report are known as such when the second ends.
   */
  async complete(samples: readonly Sample[], followers: number): Promise<void> {
    const before = this.#seconds;
    await this.#until(() =>
      samples.every(({ version }) => {
        const acks = this.#acks.get(version);
        return acks === undefined ? this.#seconds > before : acks.length === followers;
      }),
    );
  }

  close(): void {
    this.#stop.abort();
  }

  async #until(holds: () => boolean): Promise<void> {
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      this.#tell();
    }, waitMsMax);
    while (this.#isOpen && !isLate && !holds()) await this.#news.promise;
    clearTimeout(limit);
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  /** Ends quietly when either side closes the stream: the timelines seen so far are kept. */
  async #pump(body: ReadableStream<Uint8Array>): Promise<void> {
    const parser = createParser({ onEvent: ({ event, data }) => this.#hear(event, data) });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) {
        parser.feed(decoder.decode(chunk, { stream: true }));
        this.#tell();
      }
    } catch {
      // Closed by us or by the leader.
    }
    this.#isOpen = false;
    this.#tell();
  }

  #hear(event: string | undefined, data: string): void {
    switch (event) {
      case "hello":
        this.#openedAt = read(helloEventSchema, data)?.now ?? this.#openedAt;
        return;
      case "rate":
        if ((read(rateEventSchema, data)?.at ?? 0) > this.#openedAt) this.#seconds += 1;
        return;
      case "write": {
        const written = read(writeEventSchema, data);
        if (written !== undefined && this.#acks.size < writesMax) {
          this.#acks.set(written.sequence, []);
        }
        return;
      }
      case "ack":
        this.#keep(data);
        return;
    }
  }

  #keep(data: string): void {
    const heard = read(ackEventSchema, data);
    if (heard === undefined) return;
    const { sequence, ...ack } = heard;
    const known = this.#acks.get(sequence);
    // An entry that is sent again is acked again.
    if (known?.some(({ node }) => node === ack.node) === false) known.push(roundedAck(ack));
  }
}

const read = <T>(schema: z.ZodType<T>, data: string): T | undefined =>
  schema.safeParse(JSON.parse(data)).data;

/** A connection that is kept for later calls may be closed by the node just when it is used again. */
async function openEvents(
  leaderUrl: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array> | undefined> {
  for (let opens = 0; opens < opensMax && !signal.aborted; opens += 1) {
    const response = await fetch(`${leaderUrl}/events`, { signal, headers: credential() }).catch(
      () => undefined,
    );
    if (response?.ok === true && response.body !== null) return response.body;
  }
  return undefined;
}
