/**
 * Every route of the gateway. Express finds the paths that have parameters, those of other members, and
 * the page; a path without parameters is found in a table before it, because the walk through all
 * routes and what Express does to each message are a fifth of a write (measured).
 */
import { IncomingMessage, ServerResponse } from "node:http";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { failureOf } from "../src/errors.ts";
import { refusal, send } from "./answers.ts";
import type { Context } from "./context.ts";
import { exceptionFailure, type Listener, mount } from "./endpoint.ts";
import { mountMemberProxy } from "./member-proxy.ts";
import { needFinder } from "./needs.ts";
import { mountPages } from "./pages.ts";
import type { Peers } from "./peers.ts";
import { endpoints } from "./routes/index.ts";
import { withDocument } from "./routes/openapi.ts";
import { sweepEndpoints } from "./sweeps/endpoints.ts";
import type { Sweeps } from "./sweeps/sweeps.ts";

interface AppParts {
  readonly peers: Peers;
  readonly sweeps: Sweeps;
  readonly pageDirectory: string;
}

/** What serves requests whose targets are normal. */
interface App {
  /** For `createServer`: `serve` takes no other messages. */
  readonly messages: Messages;
  /** Sees to it that the request gets its answer. */
  serve(request: IncomingMessage, response: ServerResponse): void;
}

/** All routes. */
export function createApp(context: Context, { peers, sweeps, pageDirectory }: AppParts): App {
  const app = express();
  const messages = messagesOf(app);
  for (const setting of ["x-powered-by", "etag"]) app.disable(setting);
  for (const setting of ["case sensitive routing", "strict routing"]) app.enable(setting);
  app.set("query parser", false);
  const all = withDocument([
    ...endpoints(context, { peers, sweeps }),
    ...sweepEndpoints(context, sweeps),
  ]);
  const withoutParameters = new Map<string, Listener>();
  for (const endpoint of all) {
    const listener = mount(app, context, endpoint);
    if (isPlain(endpoint.path)) withoutParameters.set(endpoint.path, listener);
  }
  mountMemberProxy(app, context, { peers, needOf: needFinder(all) });
  mountPages(app, context, pageDirectory);
  const fail = failWith(context);
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    fail(error, request, response),
  );
  return {
    messages,
    serve: (request, response) => {
      const listener = withoutParameters.get(pathOf(request));
      if (listener === undefined) {
        app(request, response);
        return;
      }
      // They are messages of this Express: see `messagesOf`.
      const asked = request as Request;
      asked.params = noParameters;
      try {
        listener(asked, response as Response);
      } catch (error) {
        fail(error, request, response);
      }
    },
  };
}

/** What Express gives to a request whose path has none. */
const noParameters: Readonly<Record<string, string>> = Object.freeze({});

/** A path that Express would take letter by letter. */
const isPlain = (path: string): boolean => /^[\w/.-]+$/.test(path);

/** As it is written: Express takes no other spelling of a path for the same one. */
function pathOf({ url = "" }: IncomingMessage): string {
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}

/** The classes of the messages that a server makes. */
interface Messages {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * Classes whose messages are those of this Express from the start. It would give each message its
 * prototype, and the engine throws away what it knows of an object whose prototype changes.
 */
function messagesOf(app: Express): Messages {
  class RestRequest extends IncomingMessage {}
  class RestResponse<Asked extends IncomingMessage> extends ServerResponse<Asked> {}
  app.request = Object.setPrototypeOf(RestRequest.prototype, app.request);
  app.response = Object.setPrototypeOf(RestResponse.prototype, app.response);
  return { IncomingMessage: RestRequest, ServerResponse: RestResponse };
}

/** Answers a request that ended in an exception. */
const failWith =
  (context: Context) =>
  (error: unknown, request: IncomingMessage, response: ServerResponse): void => {
    // The router refuses paths that are not percent-encoded UTF-8; any other error is a fault here.
    const isBadPath = error instanceof URIError || statusOf(error) === 400;
    const failure = isBadPath
      ? failureOf("INVALID_ARGUMENT", "The path is not percent-encoded UTF-8.")
      : exceptionFailure(context, request, error);
    context.metrics.requests.count("error", request.method ?? "", isBadPath ? 400 : 500);
    send(context, response, refusal(failure));
  };

/** The status that an error of Express carries, if any. */
const statusOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
