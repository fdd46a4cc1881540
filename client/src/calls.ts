/**
 * One call: attempts until there is an answer, an error that a retry cannot mend, or no time. What
 * may have been written is sent again only if that has the effect of sending it once.
 */
import { type Answer, answerOf, endedError, type Kind } from "./answers.ts";
import { Deadline } from "./deadline.ts";
import type { Endpoints } from "./endpoints.ts";
import { isElsewhere, isKVError, isTransient, KVError } from "./errors.ts";
import { exchange, type Fetch } from "./exchange.ts";
import { RetryBudget } from "./retries.ts";
import { type Route, Routes } from "./routes.ts";

export interface CallOptions {
  /** Ends the call: its error is `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call, retries included; absent: the client's. */
  readonly timeoutMs?: number | undefined;
}

export interface Call extends CallOptions {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly kind: Kind;
  /** `any`: whichever node answers; `leader`: the one that leads. */
  readonly to: "any" | "leader";
  /** Whether the answer is what this call is answered with, and not one of something else. */
  readonly isShape?: (answer: Record<string, unknown>) => boolean;
  /** The JSON text for an attempt that may take that long. */
  readonly body?: (remainingMs: number) => string;
  /** By which nodes know a write that they have seen before. */
  readonly idempotencyKey?: string | undefined;
}

/**
 * Milliseconds after the first attempt in which a write with an idempotency key is sent again: half of
 * what a cluster remembers keys for by default, so that the last attempt may take long to arrive.
 */
const repeatMsMax = 300_000;

export interface Connection {
  readonly endpoints: Endpoints;
  readonly fetch: Fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export class Calls {
  readonly #connection: Connection;
  readonly #routes: Routes;
  #learned = false;
  readonly #budget = new RetryBudget();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#routes = new Routes(connection);
  }

  /** Throws a KVError. */
  async send(call: Call): Promise<Answer> {
    const timeoutMs = call.timeoutMs ?? this.#connection.timeoutMs;
    const deadline = new Deadline(timeoutMs, call.signal);
    try {
      return await this.#attempts(call, deadline, timeoutMs);
    } finally {
      deadline.dispose();
    }
  }

  /** Milliseconds to wait before the next attempt of something that failed so. */
  pauseMs(error: KVError, attempt: number): number {
    return this.#budget.pauseMs(error, attempt);
  }

  /** Finds out, without being waited for, who leads and which members there are. */
  learn(): void {
    if (this.#learned) return;
    this.#learned = true;
    void this.#routes.toLeader();
  }

  async #attempts(call: Call, deadline: Deadline, timeoutMs: number): Promise<Answer> {
    let repeatsEndAt = Number.POSITIVE_INFINITY;
    let last: KVError | undefined;
    for (let attempt = 0; ; attempt += 1) {
      const startedAt = performance.now();
      const outcome = await this.#attempt(call, deadline, timeoutMs);
      if (!isKVError(outcome)) return outcome;
      // What an earlier attempt may have written is unknown, whatever this one came to.
      last = last?.written === "unknown" ? unknownOf(outcome) : outcome;
      if (deadline.cause !== undefined || !mayRepeat(call, outcome)) throw last;
      if (last.written === "unknown") {
        repeatsEndAt = Math.min(repeatsEndAt, startedAt + repeatMsMax);
      }
      const pauseMs = this.pauseMs(outcome, attempt);
      if (pauseMs >= Math.min(deadline.remainingMs, repeatsEndAt - performance.now())) throw last;
      await deadline.pause(pauseMs);
      if (deadline.cause !== "aborted" && deadline.remainingMs === 0) throw last;
    }
  }

  async #attempt(call: Call, whole: Deadline, timeoutMs: number): Promise<Answer | KVError> {
    if (whole.remainingMs === 0) return endedError(whole, { written: "no" });
    const [endpoint = ""] = this.#connection.endpoints.ordered();
    // The leader answers a read without asking another node.
    let route = this.#routes.known ?? { base: endpoint, endpoint, lasting: false };
    if (call.to === "leader") {
      const found = await whole.race(this.#routes.toLeader()).catch(() => undefined);
      if (found === undefined) return endedError(whole, { written: "no" });
      if (isKVError(found)) return found;
      route = found;
    }
    // A node that does not answer costs a part of the call's time, if another one may be asked then.
    const partMs = isRepeatable(call) ? Math.max(timeoutMs / 3, 100) : whole.remainingMs;
    const deadline = new Deadline(Math.min(whole.remainingMs, partMs), whole.signal);
    const outcome = await this.#ask(call, route, deadline);
    deadline.dispose();
    if (isKVError(outcome) && (!outcome.status || isElsewhere(outcome))) {
      this.#routes.forget(route);
    }
    return outcome;
  }

  async #ask(
    { method, path, body, kind, isShape, idempotencyKey }: Call,
    { base, endpoint }: Route,
    deadline: Deadline,
  ): Promise<Answer | KVError> {
    const { endpoints, fetch, headers } = this.#connection;
    const request = {
      method,
      url: base + path,
      headers: {
        ...headers,
        ...(body && { "content-type": "application/json" }),
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
      },
      body: body?.(deadline.remainingMs),
    };
    const outcome = answerOf(await exchange(fetch, request, deadline), {
      ...{ kind, endpoint, deadline, isShape },
    });
    if (isKVError(outcome) && (!outcome.status || isElsewhere(outcome))) {
      endpoints.failed(endpoint);
    } else {
      endpoints.worked(endpoint);
      this.learn();
    }
    return outcome;
  }
}

/** Sending it twice has the effect of sending it once. */
const isRepeatable = ({ kind, idempotencyKey }: Call): boolean =>
  kind === "read" || idempotencyKey !== undefined;

const mayRepeat = (call: Call, error: KVError): boolean =>
  isTransient(error) || (isRepeatable(call) && unsettled.has(error.code));

const unsettled: ReadonlySet<string> = new Set([
  "OUTCOME_UNKNOWN",
  "CONNECTION_LOST",
  "TIMEOUT",
  "UNEXPECTED_ANSWER",
  "INTERNAL",
]);

/** The same error of a write that an earlier attempt may have done. Others may share the given one. */
const unknownOf = (error: KVError): KVError =>
  new KVError(error.code, error.message, { ...error, written: "unknown", cause: error });
