/**
 * ANY /nodes/:id/…: the same call on another member's gateway. Bodies and event streams pass both
 * ways without being held, and an abort on one side ends the other. Only members can be reached.
 */
import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Express, Request, Response } from "express";
import { createProxyMiddleware } from "http-proxy-middleware";
import { type Failure, failureOf } from "../src/errors.ts";
import { timeoutMsMax } from "../src/request-limits.ts";
import { type Answer, refusal, send } from "./answers.ts";
import type { Context } from "./context.ts";
import { onClientEnd } from "./exchanges.ts";
import { createMemberPulse, isEventStream } from "./member-pulse.ts";
import { isBareMember, type MemberPath, readMemberPath } from "./requests/target.ts";

/** Methods that change nothing: after a fault they can be repeated at once. */
const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
/** Milliseconds for the connection to a member. */
const connectTimeoutMs = 2000;
/** A member that lives may be silent this long: the longest write, and a little more. */
const silenceMsMax = timeoutMsMax + 15_000;
/** How long a member may take to end an event stream whose client has ended its side. */
const streamEndTimeoutMs = 5000;
/** Calls on their way through this gateway. */
const callsMax = 2000;
const tooManyCalls = `This node is already forwarding ${callsMax} calls; nothing was written.`;
/** The metrics' label. */
const route = "/nodes/:id/*";

/** What is known of one call while it is on its way. */
interface Call {
  readonly id: string;
  readonly peerUrl: string;
  readonly target: string;
  /** The client wants its connection closed after this call. */
  readonly lastOne: boolean;
  /** True once a connection to the member stands: from then on a write may have arrived. */
  connected: boolean;
  /** Once it is on its way. */
  outgoing?: ClientRequest;
}

export function mountMemberProxy(app: Express, context: Context, agent: Agent): void {
  const calls = new Map<IncomingMessage, Call>();
  const pulse = createMemberPulse();
  context.onClose(pulse.close);

  const answerHere = (request: Request, response: Response, answer: Answer) => {
    context.metrics.requests.count(route, request.method, answer.status);
    send(context, response, answer);
  };
  const refuse = (request: Request, response: Response, failure: Failure) =>
    answerHere(request, response, refusal(failure));

  const pass = createProxyMiddleware<Request, Response>({
    router: (request) => calls.get(request)?.peerUrl ?? "",
    pathRewrite: (_path, request) => calls.get(request)?.target,
    changeOrigin: true,
    agent,
    proxyTimeout: silenceMsMax,
    on: {
      proxyReq: (outgoing, request) => {
        const call = calls.get(request);
        if (call === undefined) return;
        call.outgoing = outgoing;
        watchConnection(outgoing, call);
        const kind = readingMethods.has(request.method) ? "read" : "write";
        pulse.watch({ peerUrl: call.peerUrl, outgoing, kind });
      },
      proxyRes: (incoming, request, response) => {
        if (isEventStream(incoming)) onClientEnd({ request, response }, () => endStream(incoming));
        // The member's belong to the connection between the two gateways.
        delete incoming.headers["keep-alive"];
        incoming.headers.connection = calls.get(request)?.lastOne ? "close" : "keep-alive";
        context.metrics.requests.count(route, request.method, incoming.statusCode ?? 0);
      },
      error: (error, request, response) => {
        const call = calls.get(request);
        if (call === undefined || response instanceof Socket || response.destroyed) return;
        // The answer is whole; the rest of the request is what got lost.
        if (response.writableEnded) return;
        context.log.debug(
          { err: error, member: call.id, method: request.method, url: call.target },
          "forwarded call failed: no whole answer from the member; the client is told",
        );
        if (response.headersSent) response.destroy();
        else refuse(request, response, lostFailure(request.method, call, error));
      },
    },
  });

  app.use("/nodes", async (request: Request, response: Response) => {
    const path = readMemberPath(request.originalUrl);
    if (path !== undefined && isMember(context, path.id) && isBareMember(request.originalUrl)) {
      answerHere(request, response, toFolder(path));
      return;
    }
    const peerUrl = path === undefined ? undefined : context.node.peerUrl(path.id);
    if (path === undefined || peerUrl === undefined || peerUrl === "") {
      refuse(request, response, missingFailure(context, path?.id));
      return;
    }
    if (calls.size >= callsMax) {
      refuse(request, response, failureOf("OVERLOADED", tooManyCalls));
      return;
    }
    const lastOne = /\bclose\b/i.test(request.headers.connection ?? "") || context.closing;
    calls.set(request, { ...path, peerUrl, lastOne, connected: false });
    response.on("close", () => {
      // An answer may be complete before the request is.
      calls.get(request)?.outgoing?.destroy();
      calls.delete(request);
    });
    for (const name of hopHeaders) delete request.headers[name];
    await pass(request, response, () => {});
  });
}

/** They speak of the connection between the client and this gateway only. */
const hopHeaders = ["connection", "expect", "keep-alive", "proxy-connection", "te", "upgrade"];

function watchConnection(outgoing: ClientRequest, call: Call): void {
  const { socket } = outgoing;
  if (socket === null) return;
  if (!socket.connecting) {
    call.connected = true;
    return;
  }
  const giveUp = setTimeout(() => {
    outgoing.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
  }, connectTimeoutMs);
  socket.once("connect", () => {
    call.connected = true;
    clearTimeout(giveUp);
  });
  socket.once("close", () => clearTimeout(giveUp));
}

/** The member ends its stream as it does for a client of its own, and what it sent still passes. */
function endStream({ socket, complete }: IncomingMessage): void {
  // Its connection may serve another call by now.
  if (complete) return;
  socket.end();
  const cut = setTimeout(() => socket.destroy(), streamEndTimeoutMs).unref();
  socket.once("close", () => clearTimeout(cut));
}

const isMember = ({ config }: Context, id: string): boolean =>
  config.nodes.some((member) => member.id === id);

/** A page's files lie beside it, so its own path must end in a slash. Relative, for any prefix. */
const toFolder = ({ id, target }: MemberPath): Answer => ({
  status: 308,
  contentType: "text/plain; charset=utf-8",
  body: `See ${id}/\n`,
  headers: ["Location", `${id}${target}`],
});

function missingFailure(context: Context, id: string | undefined): Failure {
  const members = context.config.nodes.map((member) => member.id);
  if (id !== undefined && isMember(context, id)) {
    const detail = `The address of member ${id} is not known yet; nothing was written.`;
    return failureOf("RECOVERING", detail, { members: { member: id } });
  }
  const detail = `The path must be /nodes/<id>/<path>, where <id> is one of ${members.join(", ")}.`;
  return failureOf("NOT_FOUND", detail);
}

/**
 * A member that could not be reached received nothing. One that was connected and gave no answer may
 * have carried out a write, so the outcome of that is unknown.
 */
function lostFailure(method: string, { id, connected }: Call, { message }: Error): Failure {
  if (connected && !readingMethods.has(method)) {
    const detail = `Member ${id} did not answer (${message}); the write may have happened or may still happen.`;
    const members = { member: id, version: null, acks: [], quorum: null };
    return failureOf("OUTCOME_UNKNOWN", detail, { members });
  }
  const detail = connected
    ? `Member ${id} did not answer (${message}).`
    : `Member ${id} cannot be reached (${message}); nothing was written.`;
  return failureOf("RECOVERING", detail, { members: { member: id } });
}
