/** What a client may still send after its answer is bounded in bytes and in time. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openSocket } from "../test/support/raw-client.ts";
import { StandInNode } from "../test/support/stand-in-node.ts";
import { beginExchange } from "./exchanges.ts";
import { isEnding } from "./gentle-close.ts";
import { answerClientError } from "./socket-errors.ts";

const mebibyte = 1024 * 1024;

let port: number;
let stop: () => void;
let accepted: Promise<Socket>;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const server = createServer((request, response) => {
    beginExchange(request, response);
    response.end("refused");
  });
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("clientError", answerClientError(new StandInNode()));
  accepted = once(server, "connection").then(([socket]) => socket as Socket);
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
  await once(server.listen(0, "127.0.0.1"), "listening");
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => {
  vi.useRealTimers();
  stop();
});

const head = (connection: string) =>
  `PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\nConnection: ${connection}\r\n\r\n`;

/** A client whose request was answered before its body came. */
const answered = async (connection: string) => {
  const socket = await openSocket(port);
  socket.on("error", () => {});
  socket.write(head(connection));
  await once(socket, "data");
  return { socket, server: await accepted };
};

/** The clock stands still meanwhile. */
const received = async (server: Socket, bytes: number): Promise<void> => {
  while (server.bytesRead < bytes) await new Promise((resolve) => setImmediate(resolve));
};

test.each(["close", "keep-alive"])("with %s, a client that goes silent is cut", async (how) => {
  const { server } = await answered(how);
  expect(isEnding(server)).toBe(how === "close");
  vi.advanceTimersByTime(4900);
  expect(server.destroyed).toBe(false);
  vi.advanceTimersByTime(300);
  expect(server.destroyed).toBe(true);
});

test.each(["close", "keep-alive"])("with %s, one that goes on is cut after 30 s", async (how) => {
  const { socket, server } = await answered(how);
  let seconds = 0;
  while (!server.destroyed && seconds < 60) {
    const { bytesRead } = server;
    socket.write("x");
    await received(server, bytesRead + 1);
    vi.advanceTimersByTime(1000);
    seconds += 1;
  }
  expect(seconds).toBeGreaterThanOrEqual(30);
  expect(seconds).toBeLessThan(33);
});

test.each(["close", "keep-alive"])("with %s, 60 MiB pass and 70 do not", async (how) => {
  const { socket, server } = await answered(how);
  const piece = Buffer.alloc(10 * mebibyte);
  for (let sent = 0; sent < 6; sent++) {
    await new Promise((resolve) => socket.write(piece, resolve));
  }
  await received(server, 60 * mebibyte);
  vi.advanceTimersByTime(200);
  expect(server.destroyed).toBe(false);
  socket.write(piece);
  await received(server, 65 * mebibyte);
  vi.advanceTimersByTime(200);
  expect(server.destroyed).toBe(true);
});

test("a client that ends as well is gone at once", async () => {
  const { socket, server } = await answered("close");
  socket.end();
  await once(server, "close");
});
