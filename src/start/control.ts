/**
 * Where nodes pass on what the page asks the launcher to do with a process: stop it, kill it, freeze it,
 * let it go on, restart it. It listens on this machine alone, and only for those who know its token, which
 * the launcher gives to its nodes.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ProcessAction, type ProcessStates, processActions } from "../process-control.ts";

/** What can be done to the processes. */
interface Controlled {
  states(): ProcessStates;
  act(node: string, action: ProcessAction): void;
}

interface Control {
  /** With the token: `POST <url>/<node>/<action>`, `GET <url>`. */
  readonly url: string;
  /** From now on it acts; before that there is nothing to act on. */
  serve(controlled: Controlled): void;
}

const host = "127.0.0.1";
/**
 * Milliseconds between an answer and the action: the answer passes through a gateway, which may be the one
 * of the process that is about to end.
 */
const answerFirstMs = 100;

/** Listens on a free port, with a new token. It does not keep the launcher running. */
export async function openControl(): Promise<Control> {
  const token = randomBytes(24).toString("hex");
  let controlled: Controlled | undefined;
  const server = createServer((request, response) => {
    const [, given = "", ...path] = (request.url ?? "").split("/");
    request.resume();
    if (!isSame(given, token)) return answer(response, 403);
    if (controlled === undefined) return answer(response, 503);
    if (request.method === "GET" && path.length === 0) return answer(response, 200, controlled);
    const [node = "", name, ...rest] = path;
    const action = processActions.find((known) => known === name);
    const isCall = request.method === "POST" && rest.length === 0;
    if (!isCall || action === undefined || !Object.hasOwn(controlled.states(), node))
      return answer(response, 404);
    const { act } = controlled;
    answer(response, 202, controlled);
    setTimeout(() => act(node, action), answerFirstMs);
  });
  server.listen(0, host);
  await once(server, "listening");
  server.unref();
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/${token}`,
    serve: (given) => {
      controlled = given;
    },
  };
}

const isSame = (given: string, token: string): boolean =>
  given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));

function answer(response: ServerResponse, status: number, controlled?: Controlled): void {
  const body = JSON.stringify({ nodes: controlled?.states() ?? {} });
  response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(body);
}
