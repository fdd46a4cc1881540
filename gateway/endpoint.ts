/** One path of the API: its methods, and the promise that each request ends in one answer. */
import type { IncomingMessage } from "node:http";
import type { Express, Request, Response } from "express";
import type { z } from "zod";
import { type Failure, failureOf } from "../src/errors.ts";
import type { Need } from "./access/caller.ts";
import { restApproach } from "./access/rest-approach.ts";
import type { Visit } from "./access/visit.ts";
import { type Answer, allowed, refusal, send } from "./answers.ts";
import type { Context } from "./context.ts";
import type { CallDoc } from "./openapi/terms/call-doc.ts";
import { counted } from "./unread.ts";

/** Returned by a handler that answers the request itself, such as one that opens an event stream. */
export const streaming = Symbol("streaming");
/** What a handler comes to. */
export type Outcome = Answer | typeof streaming;

/**
 * Returns its answer. An exception is a fault of this program: it becomes INTERNAL and a log line. Whoever touches
 * keys asks `visit` first whether they are the caller's.
 */
export type Handler = (
  request: Request,
  response: Response,
  visit: Visit,
) => Outcome | Promise<Outcome>;

/** One method of a path. */
interface Call extends Served {
  /** What the OpenAPI document says of it. */
  readonly doc: CallDoc;
  /** What judges its JSON body; absent: it takes none. */
  readonly body?: z.ZodType;
}

/** What answers a request. */
interface Served {
  /** What it requires of its caller, who is judged before the handler runs. */
  readonly needs: Need;
  readonly handle: Handler;
}

type Method = "GET" | "PUT" | "POST" | "PATCH" | "DELETE";

/** One path with its methods. */
export interface Endpoint {
  /** In the syntax of Express, such as `/faults/:follower`; also the label of its metrics. */
  readonly path: string;
  /** GET also serves HEAD. */
  readonly methods: Readonly<Partial<Record<Method, Call>>>;
}

/** The calls of an endpoint by method. GET also serves HEAD, and OPTIONS names all of them. */
export function callsOf({ methods }: Endpoint): ReadonlyMap<string, Served> {
  const calls = new Map<string, Served>(Object.entries(methods));
  const get = calls.get("GET");
  if (get !== undefined) calls.set("HEAD", get);
  const allow = [...calls.keys(), "OPTIONS"].join(", ");
  calls.set("OPTIONS", { needs: "open", handle: () => allowed(allow) });
  return calls;
}

/** Sees to it that the request gets its answer. */
export type Listener = (request: Request, response: Response) => void;

/**
 * Serves the endpoint, and refuses all other methods on its path. Every answer is counted under the
 * path, so that the metrics have as many series as there are paths. Returns what serves it.
 */
export function mount(app: Express, context: Context, endpoint: Endpoint): Listener {
  const calls = callsOf(endpoint);
  for (const method of Object.keys(endpoint.methods)) {
    context.metrics.requests.expect(endpoint.path, method);
  }
  const allow = [...calls.keys()].join(", ");

  const sendForm = (request: Request, response: Response, made: Answer): void => {
    const given = counted(context.intake, response, made);
    context.metrics.requests.count(endpoint.path, request.method, given.status);
    send(context, response, given);
  };
  const answer = (request: Request, response: Response, made: Answer): void => {
    const form = context.compression.formOf(request, made);
    if (!(form instanceof Promise)) {
      sendForm(request, response, form);
      return;
    }
    form.then(
      (known) => sendForm(request, response, known),
      (error: unknown) => sendForm(request, response, internalError(request, error)),
    );
  };
  const refuseMethod = (request: Request): Answer =>
    refusal(
      failureOf("METHOD_NOT_ALLOWED", `${endpoint.path} supports ${allow}, not ${request.method}.`),
      ["Allow", allow],
    );
  const internalError = (request: Request, error: unknown): Answer =>
    refusal(exceptionFailure(context, request, error));

  const listener: Listener = (request, response) => {
    const call = calls.get(request.method);
    if (call === undefined) {
      answer(request, response, refuseMethod(request));
      return;
    }
    const visit = context.access.admit(restApproach(request), call.needs, callOf(request));
    const finish = (outcome: Outcome): void => {
      if (outcome === streaming) {
        context.access.ended(visit, call.needs, undefined);
        return;
      }
      context.access.ended(visit, call.needs, outcome.code);
      answer(request, response, outcome);
    };
    if (visit.objection !== undefined) {
      finish(refusal(visit.objection));
      return;
    }
    try {
      const outcome = call.handle(request, response, visit);
      if (outcome instanceof Promise) {
        outcome.then(finish, (error: unknown) => finish(internalError(request, error)));
      } else finish(outcome);
    } catch (error) {
      finish(internalError(request, error));
    }
  };
  app.route(endpoint.path).all((request, response) => listener(request, response));
  return listener;
}

/**
 * The answer for an exception, which the log tells of. Its lines are bounded: a client that has found a request which
 * fails here may send it without end.
 */
export function exceptionFailure(
  { failures }: Pick<Context, "failures">,
  { method, url }: IncomingMessage,
  error: unknown,
): Failure {
  const message = "HTTP request failed with an exception; answered INTERNAL";
  failures.error(`${method} ${error}`, { err: error, method, url }, message);
  return failureOf("INTERNAL", "Internal error; the log of this node has the cause.");
}

/** As the audit log names a call; it leaves out the query. */
export const callOf = ({ method, url }: IncomingMessage): string => `${method} ${url}`;
