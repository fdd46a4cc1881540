/** One client's writes, from the request's departure to exactly one outcome each. */
import type { Failure, Sample } from "../results/schema.ts";
import { failureOf, type Sent, sampleOf } from "./outcome.ts";
import { keyPrefix, valueToWrite, type WritePlan } from "./writes.ts";

/** What all clients of a load do, and who hears of each outcome. */
export interface ScriptOptions extends WritePlan {
  /** Sent with each write; undefined: the cluster's own write quorum counts. */
  readonly quorum: number | undefined;
  readonly timeoutMs: number;
  /** Writes of each client that come first, with quorum 0, and are not measured. */
  readonly warmup: number;
  readonly sampled: (sample: Sample) => void;
  readonly failed: (failure: Failure) => void;
}

/** What all clients of a pass share. Instants of performance.now(). */
export interface Span {
  /** When the first measured write left. */
  startedAt: number | undefined;
  lastAnswerAt: number;
}

/**
 * Each write that departs ends in exactly one call of `sampled` or `failed`, warm-up writes in
 * none.
 */
export class ClientScript {
  readonly #options: ScriptOptions;
  readonly #client: number;
  readonly #keys: readonly string[];
  readonly #span: Span;
  #prepared = 0;
  #departed = 0;
  /** The write under way; there is at most one, since a client waits for each answer. */
  #pending: Sent | undefined;

  constructor(
    options: ScriptOptions,
    own: { client: number; keys: readonly string[]; span: Span },
  ) {
    this.#options = options;
    this.#client = own.client;
    this.#keys = own.keys;
    this.#span = own.span;
  }

  /** The body of the next request. Requests leave in the order in which they are prepared. */
  nextBody(): string {
    const write = this.#prepared - this.#options.warmup;
    this.#prepared += 1;
    return JSON.stringify({
      key: this.#keyOf(write),
      value: valueToWrite(this.#options, this.#client, write),
      trace: true,
      // Warm-up writes wait for nobody, so they take no time from the experiment.
      quorum: write < 0 ? 0 : this.#options.quorum,
      timeoutMs: this.#options.timeoutMs,
    });
  }

  departed(now: number): void {
    const write = this.#departed - this.#options.warmup;
    this.#departed += 1;
    if (write >= 0) this.#span.startedAt ??= now;
    const startedAtMs = now - (this.#span.startedAt ?? now);
    this.#pending = { client: this.#client, write, key: this.#keyOf(write), startedAtMs };
  }

  answered(answer: { status: number; latencyMs: number; body: string; now: number }): void {
    const sent = this.#take();
    if (sent === undefined) return;
    this.#span.lastAnswerAt = answer.now;
    const sample = sampleOf({ sent, ...answer });
    if (sample === undefined) this.#options.failed(failureOf({ sent, ...answer }));
    else this.#options.sampled(sample);
  }

  /** No answer will come for the write under way, if there is one. */
  lost(detail: string): void {
    const sent = this.#take();
    if (sent === undefined) return;
    const nothing = { latencyMs: null, status: null };
    this.#options.failed(failureOf({ sent, ...nothing, code: "NO_ANSWER", detail }));
  }

  /** The measured write under way, which is under way no longer. */
  #take(): Sent | undefined {
    const sent = this.#pending;
    this.#pending = undefined;
    return sent !== undefined && sent.write >= 0 ? sent : undefined;
  }

  #keyOf(write: number): string {
    return this.#keys[write] ?? `${keyPrefix}warmup-${this.#client}`;
  }
}
