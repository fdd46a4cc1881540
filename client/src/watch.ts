/**
 * A watch that outlives its connections. It resumes after whole entries alone, so that there is
 * neither a gap nor a repeat.
 */
import type { EventSourceMessage } from "eventsource-parser";
import { answerOf, endedError } from "./answers.ts";
import type { Calls, Connection } from "./calls.ts";
import { Deadline } from "./deadline.ts";
import { isKVError, isTransient, KVError } from "./errors.ts";
import { type ArrivedEntry, entriesOf } from "./event-stream.ts";
import { exchange } from "./exchange.ts";
import { membersOf } from "./json-text.ts";
import type { WatchEvent, WatchOptions } from "./types.ts";
import { readValue } from "./values.ts";

/** Milliseconds without a connection, where the caller names none. */
const awayMsMax = 60_000;
/** Milliseconds that a node may take to answer. It may have to ask the leader how far the log reaches. */
const openMsMax = 10_000;

interface Parts {
  readonly calls: Calls;
  readonly connection: Connection;
}

/** Ends with a KVError: that of the signal, of a refusal, or of the last attempt to connect. */
export async function* watch<T>(
  { calls, connection }: Parts,
  options: WatchOptions<T>,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { endpoints, fetch, headers } = connection;
  const { prefix = "", signal, timeoutMs = awayMsMax, onConnection } = options;
  let { after } = options;
  /** Nodes whose log no longer has what follows, or that cannot be asked. */
  const compacted = new Set<string>();
  let away = new Deadline(timeoutMs, signal);
  let attempt = 0;
  try {
    for (;;) {
      const [best = ""] = endpoints.ordered();
      const endpoint = endpoints.ordered().find((url) => !compacted.has(url)) ?? best;
      let failure: KVError | undefined;
      let isOpen = false;
      try {
        after ??= await appliedAt(connection, endpoint, away);
        const from = after;
        const entries = entriesOf({
          ...{ fetch, headers, endpoint, prefix, after: from, signal },
          openWithinMs: Math.min(openMsMax, away.remainingMs),
          opened: () => {
            isOpen = true;
            attempt = 0;
            compacted.clear();
            away.dispose();
            endpoints.worked(endpoint);
            calls.learn();
            onConnection?.({ type: "open", endpoint, after: from });
          },
        });
        for await (const entry of entries) {
          yield* eventsOf(entry, options);
          after = entry.sequence;
        }
      } catch (error) {
        if (!isKVError(error) || !mayReconnect(error)) throw error;
        failure = error;
      }
      if (signal?.aborted) throw endedError({ cause: "aborted" }, { written: "no", endpoint });
      endpoints.failed(endpoint);
      if (isOpen) {
        away = new Deadline(timeoutMs, signal);
        onConnection?.({ type: "lost", endpoint, after: after ?? 0 });
      }
      if (failure?.code === "COMPACTED" || compacted.size > 0) compacted.add(endpoint);
      if (failure?.code === "COMPACTED" && endpoints.ordered().every((url) => compacted.has(url))) {
        throw failure;
      }
      if (away.remainingMs === 0) {
        throw failure ?? endedError(away, { written: "no", endpoint });
      }
      const lost = failure ?? new KVError("CONNECTION_LOST", "the stream ended", { endpoint });
      await away.pause(calls.pauseMs(lost, attempt));
      attempt += 1;
    }
  } finally {
    away.dispose();
  }
}

/** Everything that a moment, or another node, may change. */
const mayReconnect = (error: KVError): boolean =>
  isTransient(error) ||
  ["COMPACTED", "CONNECTION_LOST", "TIMEOUT", "ABORTED", "UNEXPECTED_ANSWER", "INTERNAL"].includes(
    error.code,
  );

/** How far that node has applied: a watch from now on starts there, and knows where. */
async function appliedAt(
  { fetch, headers }: Connection,
  endpoint: string,
  away: Deadline,
): Promise<number> {
  const deadline = new Deadline(Math.min(openMsMax, away.remainingMs), away.signal);
  const request = { method: "GET", url: `${endpoint}/status`, headers };
  const answer = answerOf(await exchange(fetch, request, deadline), {
    ...{ kind: "read", endpoint, deadline },
    isShape: ({ applied }) => typeof applied === "number",
  });
  deadline.dispose();
  if (isKVError(answer)) throw answer;
  return (answer.body as { applied: number }).applied;
}

async function* eventsOf<T>(
  { messages }: ArrivedEntry,
  options: WatchOptions<T>,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  for (const [index, message] of messages.entries()) {
    yield await eventOf(message, index === messages.length - 1, options);
  }
}

async function eventOf<T>(
  { event, data }: EventSourceMessage,
  complete: boolean,
  options: WatchOptions<T>,
): Promise<WatchEvent<T>> {
  const members = membersOf(data);
  const key: string = JSON.parse(members.get("key") ?? '""');
  const version = Number(members.get("version"));
  if (event === "delete") return { type: "delete", key, version, complete };
  const text = members.get("value") ?? "null";
  const value = await readValue(options.raw ? text : JSON.parse(text), key, options);
  return { type: "put", key, value, version, complete };
}
