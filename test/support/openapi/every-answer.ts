/**
 * Judges every answer that a gateway sends in this process by the OpenAPI document, whoever asked for it and how. The
 * test during which it was sent fails. Set up by vitest.config.ts for the tests of the gateway.
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { afterAll, afterEach, expect } from "vitest";
import type { Exchange, Judge } from "./judge.ts";

/** What Node tells of a request that begins. */
interface Started {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

const bodyBytesMax = 4 * 1024 * 1024;
const finished: Exchange[] = [];
let judge: Judge | undefined;

if (/[\\/]gateway[\\/]/.test(expect.getState().testPath ?? "")) {
  subscribe("http.server.request.start", (message) => {
    const { server, ...exchange } = message as Started;
    // Gateways alone listen for it; other servers of the tests are not documented.
    if (server.listenerCount("checkExpectation") > 0) listen(exchange);
  });
  afterEach(judgeAll);
  // Streams end with their nodes.
  afterAll(judgeAll);
}

/** Notes the request before anything changes it, and all bytes of its answer. */
function listen({ request, response }: Omit<Started, "server">): void {
  const { method = "", url: target = "" } = request;
  const sent: Buffer[] = [];
  const received: Buffer[] = [];
  let bytes = 0;
  const keep = (to: Buffer[], chunk: unknown) => {
    if (typeof chunk !== "string" && !Buffer.isBuffer(chunk)) return;
    // A copy: the gateway frees the memory of what is sent.
    const copy = Buffer.from(chunk as string);
    bytes += copy.length;
    if (bytes <= bodyBytesMax) to.push(copy);
  };
  const { push } = request;
  request.push = (chunk, encoding) => {
    keep(received, chunk);
    return push.call(request, chunk, encoding);
  };
  const { write, end } = response;
  response.write = (chunk: unknown, ...rest: unknown[]) => {
    keep(sent, chunk);
    return Reflect.apply(write, response, [chunk, ...rest]);
  };
  response.end = ((...given: unknown[]) => {
    keep(sent, given[0]);
    return Reflect.apply(end, response, given);
  }) as typeof end;
  response.once("close", () => {
    const { statusCode: status, writableFinished } = response;
    // The client was gone before there was an answer.
    if (!response.headersSent) return;
    const isWhole = writableFinished && bytes <= bodyBytesMax;
    const headers = headersIn(response);
    // A stand-in for a member answers as it likes.
    if (!headers.has("x-kv-node") && target.startsWith("/nodes/")) return;
    const body = isWhole ? Buffer.concat(sent) : undefined;
    finished.push({
      ...{ method, target, status, headers, body },
      requestBody: Buffer.concat(received),
    });
  });
}

/** The head as it was sent: what a gateway sends as a list is in no other place. */
function headersIn(response: ServerResponse): ReadonlyMap<string, readonly string[]> {
  const { _header: head } = response as unknown as { readonly _header: string | null };
  const headers = new Map<string, string[]>();
  for (const line of (head ?? "").split("\r\n").slice(1)) {
    const at = line.indexOf(": ");
    if (at === -1) continue;
    const name = line.slice(0, at).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(at + 2)]);
  }
  return headers;
}

async function judgeAll(): Promise<void> {
  const exchanges = finished.splice(0);
  if (exchanges.length === 0) return;
  judge ??= await createJudge();
  const faults = exchanges.flatMap((exchange) => judge?.faultsOf(exchange) ?? []);
  expect([...new Set(faults)]).toEqual([]);
}

/** Only tests with answers load what it needs. */
async function createJudge(): Promise<Judge> {
  const [parts, { serveDocument }] = await Promise.all([
    import("./judge.ts"),
    import("./document.ts"),
  ]);
  return new parts.Judge(await serveDocument());
}
