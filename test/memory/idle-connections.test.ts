/** What a connection that waits for its next request keeps in memory. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { liveBytes } from "../support/heap.ts";
import { startSmallCluster } from "../support/small-cluster.ts";

const connections = 500;
const rounds = 6;
const body = JSON.stringify({ key: "k", value: "v" });
const head = "Host: localhost\r\nContent-Type: application/json\r\n";
const requests = [
  `PUT /write HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`,
  `GET /read?key=k HTTP/1.1\r\n${head}\r\n`,
];

async function openIdle(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  for (const request of requests) {
    socket.write(request);
    const [answer] = await once(socket, "data");
    if (!String(answer).startsWith("HTTP/1.1 200 ")) throw new Error(String(answer));
  }
  return socket;
}

/** The least of some rounds: what is compiled and filled once comes on top in the others. */
async function bytesOfEach(port: number): Promise<number> {
  const bytes: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = await liveBytes();
    const sockets = await Promise.all(Array.from({ length: connections }, () => openIdle(port)));
    bytes.push(((await liveBytes()) - before) / connections);
    for (const socket of sockets) socket.end();
    await Promise.all(sockets.map((socket) => socket.closed || once(socket, "close")));
  }
  return Math.min(...bytes);
}

async function startBare(): Promise<number> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end("ok"));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

test("an idle connection keeps at most 1400 bytes beside what Node keeps of it", async () => {
  const cluster = await startSmallCluster({ settings: { logRetention: 1 } });
  onTestFinished(() => cluster.close());
  const own = await bytesOfEach(cluster.leader.config.port);
  const bare = await bytesOfEach(await startBare());
  expect(own - bare).toBeLessThan(1400);
});
