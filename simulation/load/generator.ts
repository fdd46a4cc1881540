/**
 * The load: autocannon's clients, each one connection that sends its next write when the last was
 * answered (a closed loop). autocannon's own histogram holds whole milliseconds only, so the raw time of
 * every request is taken from the clients' `response` events.
 */
import type { Socket } from "node:net";
import autocannon from "autocannon";
import { credential } from "../http/credential.ts";
import { seededRandom } from "../statistics/index.ts";
import { ClientScript, type ScriptOptions, type Span } from "./client-script.ts";
import { keysOfClient } from "./writes.ts";

/** One load: who writes, what, where, and how long to wait. */
export interface Load extends ScriptOptions {
  /** The leader's REST API. */
  readonly url: string;
  readonly seed: number;
  /**
   * The clients' first writes leave evenly spread over this time. Only clients with a warm-up write wait:
   * it is that write which is held back.
   */
  readonly staggerMs: number;
  readonly signal: AbortSignal;
}

/** Instants of performance.now(). */
export interface LoadEnd {
  readonly startedAt: number;
  readonly lastAnswerAt: number;
}

/** A write without an answer is given up this long after the store's own timeout. */
const patienceMs = 10_000;

/** Ends when every client has made its writes, or soon after the signal. */
export async function generateLoad(load: Load): Promise<LoadEnd> {
  const { clients, writes, warmup, signal } = load;
  const random = seededRandom(load.seed);
  const span: Span = { startedAt: undefined, lastAnswerAt: performance.now() };
  let client = 0;
  const run = autocannon({
    url: `${load.url}/write`,
    connections: clients,
    amount: clients * (warmup + writes),
    // autocannon looks for its end once per sampling interval.
    sampleInt: 25,
    timeout: (load.timeoutMs + patienceMs) / 1000,
    setupClient: (connection) => {
      const own = { client, keys: keysOfClient(load, client, random), span };
      const driven = connection as unknown as Driven;
      drive(driven, new ClientScript(load, own), signal);
      if (warmup > 0) startAfter(driven, (load.staggerMs * client) / clients);
      client += 1;
    },
  });
  const stop = () => (run as unknown as { stop(): void }).stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) stop();
    await run;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return { startedAt: span.startedAt ?? span.lastAnswerAt, lastAnswerAt: span.lastAnswerAt };
}

/** autocannon's client as its source has it; its published types lack most of this. */
interface Driven {
  readonly conn: Socket;
  readonly pipelinedRequests: { clear(): void };
  setRequests(requests: readonly object[]): void;
  on(event: "request", listener: () => void): void;
  on(event: "response", listener: (status: number, bytes: number, ms: number) => void): void;
  on(event: "connError", listener: (error: Error) => void): void;
  on(event: "done", listener: () => void): void;
  once(event: "request", listener: () => void): void;
}

function drive(client: Driven, script: ClientScript, signal: AbortSignal): void {
  let connection: object | undefined;
  let body = "";
  client.setRequests([
    {
      method: "PUT",
      headers: { ...credential(), "content-type": "application/json" },
      setupRequest: (request: object) => ({ ...request, body: script.nextBody() }),
      onResponse: (_status: number, text: string) => {
        body = text;
      },
    },
  ]);
  client.on("request", () => {
    if (connection !== undefined && client.conn !== connection) {
      // The old connection took its unanswered write with it. Left in the queue, that write would be
      // paired with the next one's answer.
      client.pipelinedRequests.clear();
      script.lost("the connection ended, or the answer did not come in time");
    }
    connection = client.conn;
    script.departed(performance.now());
  });
  client.on("response", (status, _bytes, latencyMs) =>
    script.answered({ status, latencyMs, body, now: performance.now() }),
  );
  client.on("connError", (error) => script.lost(error.message));
  client.on("done", () => {
    // What an interrupt leaves under way was not waited for, so nothing is said about it.
    if (!signal.aborted) script.lost("the connection ended, or the answer did not come in time");
  });
}

/**
 * Clients that all start at once queue up behind each other, in step for a while. autocannon has no such
 * setting, so the socket holds its first request back.
 */
function startAfter(client: Driven, ms: number): void {
  if (ms <= 0) return;
  client.once("request", () => {
    const { conn } = client;
    conn.cork();
    setTimeout(() => conn.uncork(), ms).unref();
  });
}
