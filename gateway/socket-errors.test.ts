import { once } from "node:events";
import { createServer, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openSocket, statusesOf } from "../test/support/raw-client.ts";
import { askRaw } from "../test/support/rest.ts";
import { StandInNode } from "../test/support/stand-in-node.ts";
import { beginExchange } from "./exchanges.ts";
import { answerClientError, isOver } from "./socket-errors.ts";

let stop = () => {};
afterEach(() => stop());

let server: Server;
const serve = async (options: ServerOptions = {}): Promise<number> => {
  server = createServer(options, (request, response) => {
    if (isOver(request.socket)) return;
    beginExchange(request, response);
    server.emit("exchange");
    if (request.url === "/stream") response.write("first");
    else if (request.url === "/refused") response.end("refused");
    else if (request.url === "/held") server.emit("held", response);
    else request.resume().on("end", () => response.end("done"));
  });
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("clientError", answerClientError(new StandInNode()));
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
};

const hasty = { headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 20 };
/** Once the first request is there: on a busy machine that may take longer than what follows is given. */
const hastyAfterOne = { connectionsCheckingInterval: 20 };
const serveHastilyAfterOne = async (): Promise<number> => {
  const port = await serve(hastyAfterOne);
  server.once("exchange", () => Object.assign(server, hasty));
  return port;
};
const whole = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const body = "HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc";

test.each([
  ["a head", "GET / HTTP/1.1\r\nHost", [408]],
  ["a body", `PUT / ${body}`, [408]],
  ["a head behind a whole request", `${whole}GET / HTT`, [200, 408]],
  ["a body behind a whole request", `${whole}PUT / ${body}`, [200, 408]],
])("%s that does not arrive in time is answered and cut off", async (_name, bytes, statuses) => {
  const port = bytes.startsWith(whole) ? await serveHastilyAfterOne() : await serve(hasty);
  const answer = await askRaw(port, bytes);
  expect(statusesOf(answer)).toEqual(statuses);
  expect(answer).toContain("did not arrive in time");
  expect(answer).toContain("X-KV-Node: leader");
  expect(answer).toMatch(/Connection: close/);
});

test("a connection that brings nothing is closed without a word", async () => {
  expect(await askRaw(await serve(hasty), "")).toBe("");
});

test("so is one that brings nothing after its answer", async () => {
  const port = await serve({
    ...hastyAfterOne,
    ...{ keepAliveTimeout: 50, keepAliveTimeoutBuffer: 0 },
  });
  expect(statusesOf(await askRaw(port, whole))).toEqual([200]);
});

test("the rest of a refused body that does not arrive in time gets no second answer", async () => {
  expect(statusesOf(await askRaw(await serveHastilyAfterOne(), `PUT /refused ${body}`))).toEqual([
    200,
  ]);
});

test("whole requests are answered before the fault behind them, however long they take", async () => {
  const port = await serve();
  const held = "GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const answers = askRaw(port, `${held}${held}nonsense\r\n\r\n`);
  const responses: ServerResponse[] = [];
  server.on("held", (response: ServerResponse) => responses.push(response));
  await once(server, "clientError");
  for (const response of responses.toReversed()) response.end("late");
  expect(statusesOf(await answers)).toEqual([200, 200, 400]);
});

test("a client that left while it waited is forgotten once its answer is due", async () => {
  const port = await serve();
  const socket = await openSocket(port);
  socket.write("GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [response] = (await once(server, "held")) as [ServerResponse];
  const left = response.req.socket;
  socket.destroy();
  await once(left, "end");
  response.end("late");
  await once(left, "close");
});

test("a client that leaves between two requests is forgotten at once", async () => {
  const port = await serve();
  const connected = once(server, "connection");
  const socket = await openSocket(port);
  const [left] = (await connected) as [Socket];
  socket.write(whole);
  await once(socket, "data");
  socket.destroy();
  await once(left, "close");
});

test("garbage behind a running stream ends it without a second answer", async () => {
  const port = await serve();
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString();
    if (text.includes("first")) socket.write("garbage\r\n\r\n");
  });
  socket.write("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(socket, "close");
  expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
});
