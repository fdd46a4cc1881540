/**
 * ANY /nodes/:id/…: forwards the call to the gateway of another member; /nodes/@leader/… to that of the
 * member that leads, which the call waits for while none does. Bodies and event streams pass both ways
 * without being buffered, and an abort on one side ends the other. Only members can be reached, so this
 * is not an open proxy.
 */
import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Express, Request, Response } from "express";
import { createProxyMiddleware } from "http-proxy-middleware";
import { type Failure, failed, failureOf, type Result, succeeded } from "../src/errors.ts";
import { noLeader } from "../src/node/refusals.ts";
import { timeoutMsMax } from "../src/request-limits.ts";
import { carriedCredential, restApproach } from "./access/rest-approach.ts";
import { type Answer, refusal, send } from "./answers.ts";
import type { Context } from "./context.ts";
import { onClientEnd } from "./exchanges.ts";
import { forwardedByHeader } from "./forwarded-writes.ts";
import { createMemberPulse, isEventStream, reacts } from "./member-pulse.ts";
import type { FindNeed } from "./needs.ts";
import type { Peer, Peers } from "./peers.ts";
import { readingMethods } from "./requests/methods.ts";
import { isBareMember, leaderId, type MemberPath, readMemberPath } from "./requests/target.ts";

/** Milliseconds for the connection to a member. */
const connectTimeoutMs = 2000;
/** Milliseconds a working member may be silent: the longest write, and a little more. */
const silenceMsMax = timeoutMsMax + 15_000;
/** Milliseconds a member may take to end an event stream whose client has ended its side. */
const streamEndTimeoutMs = 5000;
const tooManyCalls = "This node is already forwarding too many calls; nothing was written.";
const placeWanted = "another address needed its place on this node";
/** The label of these calls in the metrics. */
const route = "/nodes/:id/*";

/** One call while it is forwarded. */
interface Call {
  id: string;
  /** Empty until it is known. */
  peerUrl: string;
  readonly target: string;
  /** The client wants its connection closed after this call. */
  readonly lastOne: boolean;
  /** True once a connection to the member stands: from then on a write may have arrived. */
  connected: boolean;
  /** The request to the member, once it was made. */
  outgoing?: ClientRequest;
}

/** Serves everything under /nodes/. Callers are judged here, by what the call needs, and once more by the member. */
export function mountMemberProxy(
  app: Express,
  context: Context,
  { peers, needOf }: { readonly peers: Peers; readonly needOf: FindNeed },
): void {
  const calls = new Map<IncomingMessage, Call>();
  const pulse = createMemberPulse((peer) => reacts(peer.url, peers.freshAgent(peer)));
  context.onClose(pulse.close);

  const answerHere = (request: Request, response: Response, answer: Answer) => {
    context.metrics.requests.count(route, request.method, answer.status);
    send(context, response, answer);
  };
  const refuse = (request: Request, response: Response, failure: Failure) =>
    answerHere(request, response, refusal(failure));

  const createPass = (agent: Agent) =>
    createProxyMiddleware<Request, Response>({
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
          pulse.watch({ peer: { id: call.id, url: call.peerUrl }, outgoing, kind });
        },
        proxyRes: (incoming, request, response) => {
          if (isEventStream(incoming))
            onClientEnd({ request, response }, () => endStream(incoming));
          // Those of the member describe the connection between the two gateways.
          delete incoming.headers["keep-alive"];
          incoming.headers.connection = calls.get(request)?.lastOne ? "close" : "keep-alive";
          context.metrics.requests.count(route, request.method, incoming.statusCode ?? 0);
        },
        error: (error, request, response) => {
          const call = calls.get(request);
          if (call === undefined || response instanceof Socket || response.destroyed) return;
          // The client has its whole answer; only the rest of its request failed.
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

  const passes = new Map<Agent, ReturnType<typeof createPass>>();
  /** One for each way to reach members. */
  const passTo = (peer: Peer) => {
    const agent = peers.agent(peer);
    const pass = passes.get(agent) ?? createPass(agent);
    passes.set(agent, pass);
    return pass;
  };

  app.use("/nodes", async (request: Request, response: Response) => {
    const path = readMemberPath(request.originalUrl);
    if (path === undefined || !isMember(context, path.id)) {
      refuse(request, response, noSuchMember(context));
      return;
    }
    if (isBareMember(request.originalUrl)) {
      answerHere(request, response, toFolder(path));
      return;
    }
    const need = needOf(request.method, path.target);
    const { access } = context;
    const visit = access.admit(
      restApproach(request),
      need,
      `${request.method} ${request.originalUrl}`,
    );
    if (visit.objection !== undefined) {
      access.ended(visit, need, visit.objection.code);
      refuse(request, response, visit.objection);
      return;
    }
    const lastOne = /\bclose\b/i.test(request.headers.connection ?? "") || context.closing;
    const call: Call = { ...path, peerUrl: "", lastOne, connected: false };
    const place = context.intake.forwarded.enter(request.socket.remoteAddress, () => {
      if (response.headersSent) response.destroy();
      else refuse(request, response, cutFailure(request.method, call));
      call.outgoing?.destroy();
    });
    if (place === undefined) {
      refuse(request, response, failureOf("OVERLOADED", tooManyCalls));
      return;
    }
    calls.set(request, call);
    response.on("close", () => {
      place.leave();
      // An answer may be complete before the request is.
      call.outgoing?.destroy();
      calls.delete(request);
    });
    const member = await findMember(context, path.id);
    // The client may have gone while the call waited for a leader, or the call may have lost its place.
    if (response.destroyed || response.writableEnded) return;
    if (!member.ok) {
      refuse(request, response, member.failure);
      return;
    }
    Object.assign(call, member.value);
    forwardCaller(request);
    request.headers[forwardedByHeader] = context.node.id;
    for (const name of hopHeaders) delete request.headers[name];
    await passTo({ id: call.id, url: call.peerUrl })(request, response, () => {});
  });
}

/** Tells the member who calls: the caller's token, which a page keeps in a cookie, and its address. */
function forwardCaller(request: Request): void {
  const { headers, socket } = request;
  const from = [headers["x-forwarded-for"], socket.remoteAddress ?? "unknown"].flat();
  Object.assign(headers, carriedCredential(request));
  delete headers.cookie;
  headers["x-forwarded-for"] = from.filter((text) => text !== undefined).join(", ");
}

/**
 * Headers about the connection between the client and this gateway, and where the client's page came from,
 * which this gateway has checked: they are not forwarded.
 */
const hopHeaders = [
  "connection",
  "expect",
  "keep-alive",
  "origin",
  "proxy-connection",
  "sec-fetch-site",
  "te",
  "upgrade",
];

/** Notes when the connection to the member is open, and gives up on one that takes too long. */
function watchConnection(outgoing: ClientRequest, call: Call): void {
  const { socket } = outgoing;
  if (socket === null) return;
  const isSecure = socket instanceof TLSSocket;
  const isOpen = isSecure ? socket.authorized : !socket.connecting;
  if (isOpen) {
    call.connected = true;
    return;
  }
  const giveUp = setTimeout(() => {
    outgoing.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
  }, connectTimeoutMs);
  socket.once(isSecure ? "secureConnect" : "connect", () => {
    call.connected = true;
    clearTimeout(giveUp);
  });
  socket.once("close", () => clearTimeout(giveUp));
}

/** Asks the member to end its stream; what it has sent still reaches the client. */
function endStream({ socket, complete }: IncomingMessage): void {
  // Its connection may already serve another call.
  if (complete) return;
  socket.end();
  const cut = setTimeout(() => socket.destroy(), streamEndTimeoutMs).unref();
  socket.once("close", () => clearTimeout(cut));
}

const isMember = ({ config }: Context, id: string): boolean =>
  id === leaderId || config.nodes.some((member) => member.id === id);

/** Whom the id means, and where that member is. Waits for a leader for as long as a write by default. */
async function findMember(
  { node, config }: Context,
  asked: string,
): Promise<Result<{ id: string; peerUrl: string }>> {
  const id = asked === leaderId ? await node.whenLeader(config.timeout) : asked;
  if (id === undefined) return noLeader();
  const peerUrl = node.peerUrl(id) ?? "";
  if (peerUrl !== "") return succeeded({ id, peerUrl });
  const detail = `The address of member ${id} is not known yet; nothing was written.`;
  return failed("RECOVERING", detail, { members: { member: id } });
}

/**
 * Redirects /nodes/<id> to /nodes/<id>/, because the page names its files relative to itself. The
 * location is relative, so that it works behind any prefix.
 */
const toFolder = ({ id, target }: MemberPath): Answer => ({
  status: 308,
  contentType: "text/plain; charset=utf-8",
  body: `See ${id}/\n`,
  headers: ["Location", `${id}${target}`],
});

function noSuchMember({ config }: Context): Failure {
  const ids = config.nodes.map((member) => member.id);
  const detail = `The path must be /nodes/<id>/<path>, where <id> is ${leaderId} or one of ${ids.join(", ")}.`;
  return failureOf("NOT_FOUND", detail);
}

/** For a call that another one takes the place of. */
function cutFailure(method: string, call: Call): Failure {
  if (call.connected && !readingMethods.has(method))
    return lostFailure(method, call, new Error(placeWanted));
  const detail = `The call was broken off: ${placeWanted}. Nothing was written.`;
  return failureOf("OVERLOADED", detail);
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
