/**
 * Views of several keys, writes that rest on them, and writes that are sent again with their idempotency
 * key: as the two checkers want to hear of them.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import {
  type Attempt,
  type AttemptedOperation,
  type AttemptOutcome,
  answersOf,
  callsOf,
  seenBy,
  writesIn,
} from "../../src/virtual/linearizability/attempts.ts";
import type { Call } from "../../src/virtual/linearizability/history.ts";
import type { Transaction } from "../../src/virtual/linearizability/transactions.ts";
import type { Contact } from "../support/contact.ts";
import type { Reply } from "../support/http-client.ts";
import type { Recorder } from "./recorder.ts";

interface Seen {
  readonly key: string;
  /** 0: absent. */
  readonly version: number;
}

interface Write {
  readonly client: string;
  readonly operations: readonly AttemptedOperation[];
  /** Sent with every attempt. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Absent: it is sent once. */
  readonly idempotencyKey?: string;
  /** Attempts beyond the first, whatever that one came to. */
  readonly repeats: number;
  readonly timeoutMs: number;
}

const betweenAttemptsMs = 20;

export class Transacting {
  readonly #recorder: Recorder;
  /** All of known place in the log. */
  readonly transactions: Transaction[] = [];
  /** Views that were answered, transactions that were, and answers to attempts beyond the first. */
  readonly counts = { views: 0, checked: 0, repeated: 0 };

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** Undefined: no answer that says something. */
  async view(
    contact: Contact,
    asked: {
      readonly client: string;
      readonly keys: readonly string[];
      readonly consistency?: "linearizable";
      readonly timeoutMs: number;
    },
  ): Promise<readonly Seen[] | undefined> {
    const { client, keys, consistency, timeoutMs } = asked;
    const invokedAt = performance.now();
    const body = { keys, consistency };
    const question = { method: "POST", path: "/read", body, timeoutMs } as const;
    const { reply, fromLeader } = await contact.ask(question);
    const returnedAt = performance.now();
    if (reply.type !== "answer" || !fromLeader || this.#recorder.isRefusal(reply)) return undefined;
    const { entries, sequence } = (reply.body ?? {}) as {
      entries?: readonly ({ key: string; value: unknown; version: number } | null)[];
      sequence?: number;
    };
    if (reply.status !== 200 || entries?.length !== keys.length || sequence === undefined) {
      this.#recorder.offences.push(`view: ${reply.status} ${JSON.stringify(reply.body)}`);
      return undefined;
    }
    this.counts.views += 1;
    const seen = keys.map((key, at) => ({ key, version: entries[at]?.version ?? 0 }));
    this.transactions.push({ client, invokedAt, returnedAt, place: sequence, seen, writes: [] });
    for (const [at, key] of keys.entries()) {
      const entry = entries[at] ?? undefined;
      const base = { client, kind: "read", key, invokedAt, returnedAt } as const;
      this.#recorder.history.push(
        entry === undefined
          ? { ...base, outcome: "missing" }
          : { ...base, outcome: "ok", value: JSON.stringify(entry.value), version: entry.version },
      );
    }
    return seen;
  }

  /** One write, sent as often as told. The version, if an attempt was answered with one. */
  async write(contact: Contact, write: Write): Promise<number | undefined> {
    const { client, operations, idempotencyKey, repeats } = write;
    const attempts: Attempt[] = [];
    for (let sent = 0; sent <= (idempotencyKey === undefined ? 0 : repeats); sent += 1) {
      if (sent > 0) await wait(betweenAttemptsMs);
      const attempt = await this.#attempt(contact, write);
      if (attempt === undefined) continue;
      if (attempts.length > 0 && attempt.outcome.type === "ok") this.counts.repeated += 1;
      attempts.push(attempt);
    }
    if (attempts.length === 0) return undefined;
    const calls = callsOf(operations, attempts);
    this.#recorder.history.push(...calls.map((call) => ({ ...call, client })));
    const answers = answersOf(attempts);
    const [answer] = answers;
    if (answers.length > 1) {
      const versions = answers.map(({ version }) => version);
      this.#recorder.offences.push(`${idempotencyKey} took effect twice, at ${versions}`);
    }
    if (answer === undefined) return undefined;
    const { version: place, ...span } = answer;
    const [seen, writes] = [seenBy(operations), writesIn(operations)];
    this.transactions.push({ client, ...span, place, seen, writes });
    this.#recorder.counts.acknowledged += 1;
    if (operations.some(({ isCheck }) => isCheck)) this.counts.checked += 1;
    return place;
  }

  /** Undefined: it was not sent. */
  async #attempt(contact: Contact, write: Write): Promise<Attempt | undefined> {
    const { operations, body, idempotencyKey, timeoutMs } = write;
    const invokedAt = performance.now();
    const { reply } = await contact.ask({
      ...{ method: "POST", path: "/write/batch", timeoutMs },
      body: { operations: operations.map(operationBody), ...body },
      headers: idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey },
    });
    const returnedAt = performance.now();
    if (reply.type === "unreachable") return undefined;
    const outcome = this.#outcomeOf(reply);
    return outcome.type === "unknown" ? { invokedAt, outcome } : { invokedAt, returnedAt, outcome };
  }

  #outcomeOf(reply: Exclude<Reply, { type: "unreachable" }>): AttemptOutcome {
    if (reply.type === "broken") return { type: "unknown" };
    const { status, body = {} } = reply;
    const { code, version, index } = body as { code?: string; version?: number; index?: number };
    if (status === 200 && version !== undefined) return { type: "ok", version };
    if (status === 409 && code === "VERSION_MISMATCH" && index !== undefined)
      return { type: "mismatch", index, version };
    if (this.#recorder.isRefusal(reply)) return { type: "refused" };
    if (status !== 504 || code !== "OUTCOME_UNKNOWN")
      this.#recorder.offences.push(`transaction: ${status} ${JSON.stringify(body)}`);
    return { type: "unknown" };
  }
}

/** And the writes of a history that were no transactions of several keys: each has its place as well. */
export function withOtherWrites(
  transactions: readonly Transaction[],
  history: readonly Call[],
): readonly Transaction[] {
  const known = new Set(transactions.flatMap((one) => (one.writes.length > 0 ? one.place : [])));
  const answered = history.flatMap((call) => {
    const { kind, outcome, version: place, returnedAt } = call;
    const isWrite = kind !== "read" && outcome === "ok";
    if (!isWrite || place === undefined || returnedAt === undefined || known.has(place)) return [];
    return [{ ...call, place, returnedAt }];
  });
  const others = Map.groupBy(answered, ({ place }) => place);
  return [
    ...transactions,
    ...[...others].map(([place, [first, ...more]]): Transaction => {
      if (first === undefined) throw new Error("a group holds something");
      const { client, invokedAt, returnedAt } = first;
      const calls = [first, ...more].map(({ kind, ...call }) => ({
        ...call,
        value: kind === "delete" ? undefined : call.value,
      }));
      const [seen, writes] = [seenBy(calls), writesIn(calls)];
      return { client, invokedAt, returnedAt, place, seen, writes };
    }),
  ];
}

function operationBody({ key, value, ifVersion, isCheck = false }: AttemptedOperation): object {
  if (isCheck) return { check: { key, ifVersion } };
  return value === undefined
    ? { delete: { key, ifVersion } }
    : { put: { key, value: JSON.parse(value), ifVersion } };
}
