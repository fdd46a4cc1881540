/**
 * One call: attempts until there is an answer, an error that a retry cannot mend, or no time. What
 * may have been written is never sent again.
 */
import { type Answer, answerOf, endedError, type Kind } from "./answers.ts";
import { Deadline } from "./deadline.ts";
import type { Endpoints } from "./endpoints.ts";
import { isElsewhere, isKVError, isTransient, type KVError } from "./errors.ts";
import { exchange, type Fetch } from "./exchange.ts";
import { RetryBudget } from "./retries.ts";
import { Routes } from "./routes.ts";

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
  /**
   * Sending it twice has the effect of sending it once. Reads are so. A write is not, as long as no node knows a
   * write that it has seen before.
   */
  readonly repeatable?: boolean;
}

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
    let last: KVError | undefined;
    for (let attempt = 0; ; attempt += 1) {
      if (deadline.cause === "aborted") throw endedError(deadline, { written: "no" });
      if (deadline.remainingMs === 0) throw last ?? endedError(deadline, { written: "no" });
      const outcome = await this.#attempt(call, deadline, timeoutMs);
      if (!isKVError(outcome)) return outcome;
      if (deadline.cause !== undefined || !mayRepeat(call, outcome)) throw outcome;
      last = outcome;
      const pauseMs = this.pauseMs(outcome, attempt);
      if (pauseMs >= deadline.remainingMs) throw outcome;
      await deadline.pause(pauseMs);
    }
  }

  #attempt(call: Call, deadline: Deadline, timeoutMs: number): Promise<Answer | KVError> {
    const known = this.#routes.known;
    if (call.to === "leader") return this.#atLeader(call, deadline);
    const [first = ""] = this.#connection.endpoints.ordered();
    // The leader answers without asking another node.
    return this.#anywhere(call, deadline, { url: known?.base ?? first, timeoutMs });
  }

  async #atLeader(call: Call, deadline: Deadline): Promise<Answer | KVError> {
    const route = await deadline.race(this.#routes.toLeader()).catch(() => undefined);
    if (route === undefined) return endedError(deadline, { written: "no" });
    if (isKVError(route)) return route;
    const outcome = await this.#ask(call, route, deadline);
    if (isKVError(outcome) && (!outcome.status || isElsewhere(outcome))) {
      this.#routes.forget(route);
    }
    return outcome;
  }

  /** A node that does not answer a read costs a part of the call's time, and then another one is asked. */
  async #anywhere(
    call: Call,
    whole: Deadline,
    { url, timeoutMs }: { readonly url: string; readonly timeoutMs: number },
  ): Promise<Answer | KVError> {
    const shareMs = Math.min(whole.remainingMs, Math.max(timeoutMs / 3, 100));
    const deadline = new Deadline(shareMs, whole.signal);
    const route = this.#routes.known;
    const endpoint = route?.base === url ? route.endpoint : url;
    const outcome = await this.#ask(call, { base: url, endpoint }, deadline);
    deadline.dispose();
    if (isKVError(outcome) && (!outcome.status || isElsewhere(outcome))) {
      if (route !== undefined) this.#routes.forget(route);
      if (whole.cause !== undefined) return endedError(whole, { written: "no", endpoint });
    }
    return outcome;
  }

  async #ask(
    { method, path, body, kind, isShape }: Call,
    { base, endpoint }: { readonly base: string; readonly endpoint: string },
    deadline: Deadline,
  ): Promise<Answer | KVError> {
    const { endpoints, fetch, headers } = this.#connection;
    const request = {
      method,
      url: base + path,
      headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
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

/** A read may always be sent again; a write only where nothing was written. */
function mayRepeat({ kind, repeatable = kind === "read" }: Call, error: KVError): boolean {
  if (isTransient(error)) return true;
  return repeatable && unsettled.has(error.code);
}

const unsettled: ReadonlySet<string> = new Set([
  "CONNECTION_LOST",
  "TIMEOUT",
  "UNEXPECTED_ANSWER",
  "INTERNAL",
]);
