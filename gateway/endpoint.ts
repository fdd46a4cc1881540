/** One path of the API: its methods, and the promise that each request ends in one answer. */
import type { Express, Request, Response } from "express";
import { failureOf } from "../src/errors.ts";
import { type Answer, refusal, send } from "./answers.ts";
import type { Context } from "./context.ts";
import { counted } from "./unread.ts";

/** Returned by a handler that answers the request itself, such as one that opens an event stream. */
export const streaming = Symbol("streaming");
/** What a handler comes to. */
export type Outcome = Answer | typeof streaming;

/** Returns its answer. An exception is a fault of this program: it becomes INTERNAL and a log line. */
export type Handler = (request: Request, response: Response) => Outcome | Promise<Outcome>;

type Method = "GET" | "PUT" | "POST" | "PATCH" | "DELETE";

/** One path with a handler for each of its methods. */
export interface Endpoint {
  /** In the syntax of Express, such as `/faults/:follower`; also the label of its metrics. */
  readonly path: string;
  /** GET also serves HEAD. */
  readonly methods: Readonly<Partial<Record<Method, Handler>>>;
}

/**
 * Serves the endpoint, and refuses all other methods on its path. Every answer is counted under the
 * path, so that the metrics have as many series as there are paths.
 */
export function mount(app: Express, context: Context, endpoint: Endpoint): void {
  const handlers = new Map<string, Handler>(Object.entries(endpoint.methods));
  for (const method of handlers.keys()) context.metrics.requests.expect(endpoint.path, method);
  const get = handlers.get("GET");
  if (get !== undefined) handlers.set("HEAD", get);
  const allow = [...handlers.keys()].join(", ");

  const finish = (request: Request, response: Response, given: Answer): void => {
    const answer = counted(context.intake.answers, response, given);
    context.metrics.requests.count(endpoint.path, request.method, answer.status);
    send(context, response, answer);
  };
  const refuseMethod = (request: Request): Answer =>
    refusal(
      failureOf("METHOD_NOT_ALLOWED", `${endpoint.path} supports ${allow}, not ${request.method}.`),
      ["Allow", allow],
    );
  const internalError = (request: Request, error: unknown): Answer => {
    const { method, url } = request;
    context.log.error(
      { err: error, method, url },
      "HTTP request failed with an exception; answered INTERNAL",
    );
    return refusal(failureOf("INTERNAL", "Internal error; the log of this node has the cause."));
  };

  app.route(endpoint.path).all((request, response) => {
    const handler = handlers.get(request.method);
    if (handler === undefined) {
      finish(request, response, refuseMethod(request));
      return;
    }
    try {
      const outcome = handler(request, response);
      if (outcome instanceof Promise) {
        outcome.then(
          (later) => later !== streaming && finish(request, response, later),
          (error: unknown) => finish(request, response, internalError(request, error)),
        );
      } else if (outcome !== streaming) finish(request, response, outcome);
    } catch (error) {
      finish(request, response, internalError(request, error));
    }
  });
}
