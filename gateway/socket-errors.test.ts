import { once } from "node:events";
import { createServer, type ServerOptions } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { askRaw } from "../test/support/rest.ts";
import { StandInNode } from "../test/support/stand-in-node.ts";
import { answerClientError } from "./socket-errors.ts";

let stop = () => {};
afterEach(() => stop());

const serve = async (options: ServerOptions): Promise<number> => {
  const server = createServer(options, (request, response) => {
    if (request.url === "/stream") response.write("first");
    else request.resume().on("end", () => response.end("done"));
  });
  server.on("clientError", answerClientError(new StandInNode()));
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
};

test.each([
  ["a head", "GET / HTTP/1.1\r\nHost"],
  ["a body", "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"],
  ["nothing at all", ""],
])("%s that does not arrive in time is answered and cut off", async (_name, bytes) => {
  const port = await serve({
    ...{ headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 20 },
  });
  const answer = await askRaw(port, bytes);
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer).toContain("did not arrive in time");
  expect(answer).toContain("X-KV-Node: leader");
});

test("garbage behind a running stream ends it without a second answer", async () => {
  const port = await serve({});
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString();
    if (text.includes("first")) socket.write("garbage\r\n\r\n");
  });
  socket.write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(socket, "close");
  expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
});
