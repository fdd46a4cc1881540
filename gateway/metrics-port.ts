/** METRICS_PORT: a port on 127.0.0.1 that serves `/metrics` alone, for a collector on this machine without a token. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Config } from "../src/config/config.ts";
import { failureOf } from "../src/errors.ts";
import type { KvNode } from "../src/node/api.ts";
import { type Answer, refusal, send } from "./answers.ts";
import type { Metrics } from "./metrics.ts";
import { metricsAnswer } from "./metrics-answer.ts";
import { OwnNames } from "./requests/own-names.ts";

interface MetricsPortOptions {
  readonly port: number;
  readonly node: KvNode;
  readonly config: Config;
  readonly metrics: Metrics;
}

/** A port that listens. */
export interface MetricsPort {
  readonly port: number;
  close(): Promise<void>;
}

/** Bounds on what a client may hold, in milliseconds. */
const bounds = { headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 60_000 } as const;
const connectionsMax = 100;

const nothingElse = failureOf("NOT_FOUND", "This port serves GET /metrics alone.");

/** Rejects with one sentence that names the port if it cannot be opened. */
export async function startMetricsPort(options: MetricsPortOptions): Promise<MetricsPort> {
  const names = new OwnNames(options.config);
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const misdirected = names.objection(request);
    if (misdirected !== undefined) return refusal(misdirected);
    const isAsked = request.method === "GET" && request.url === "/metrics";
    return isAsked ? metricsAnswer(options) : refusal(nothingElse);
  };
  const server = createServer(bounds, (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    void answer(request).then(
      (given) => send({ node: options.node, closing: false }, response, given),
      () => response.destroy(),
    );
  });
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new Error(`METRICS_PORT ${options.port} cannot be opened: ${cause.message}`, { cause }),
      );
    });
    server.listen(options.port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
