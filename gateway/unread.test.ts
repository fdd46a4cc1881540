/** Answers of many clients at once, whose memory is freed as soon as they are sent. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createIntake } from "../src/intake/intake.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";
import { counted } from "./unread.ts";

let cluster: SmallCluster;
let url: string;
let page: string;
beforeAll(async () => {
  cluster = await startSmallCluster({ settings: { writeQuorum: 0 } });
  ({ url } = cluster.leader.gateway);
  for (let number = 0; number < 10; number++) {
    const value = String(number).repeat(100_000);
    const operations = [{ key: `k${number}`, value: JSON.stringify(value) }];
    await cluster.leader.node.write({ operations });
  }
  page = await (await fetch(`${url}/read`)).text();
});
afterAll(() => cluster.close());

test("every client gets the whole page", async () => {
  expect(JSON.parse(page).entries).toHaveLength(10);
  for (let turn = 0; turn < 5; turn++) {
    const texts = await Promise.all(
      Array.from({ length: 12 }, async () => (await fetch(`${url}/read`)).text()),
    );
    expect(texts.every((text) => text === page)).toBe(true);
  }
});

test("pipelined pages arrive one after the other, and what comes after them too", async () => {
  const socket = connect(cluster.leader.config.port, "127.0.0.1");
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  socket.write(get("/read").repeat(20) + get("/livez").repeat(40));
  socket.end();
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  await once(socket, "close");
  expect(text.split("HTTP/1.1 200 OK").length - 1).toBe(60);
  expect(text.split(page).length - 1).toBe(20);
});

test("an answer that comes after its client has gone is not counted for ever", async () => {
  const { node, gateway } = cluster.leader;
  const held = async () =>
    /^kv_held_bytes\{what="answers"\} (\d+)$/m.exec(
      await (await fetch(`${gateway.url}/metrics`)).text(),
    )?.[1];
  const version = node.applied + 1;
  const socket = connect(cluster.leader.config.port, "127.0.0.1");
  socket.write(`GET /read?key=k0&minVersion=${version} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  // The gateway has read it once it answers what came later on another connection.
  await (await fetch(`${url}/livez`)).text();
  socket.resetAndDestroy();
  await once(socket, "close");
  await (await fetch(`${url}/livez`)).text();
  await node.write({ operations: [{ key: "k0", value: JSON.stringify("x".repeat(50_000)) }] });
  expect(await held()).toBe("0");
});

test("a client that stops reading a large answer is cut off, and what it held is freed", async () => {
  const intake = { ...createIntake(), stalledMsMax: 100 };
  const bytes = 24 * 1024 * 1024;
  const server = createServer((_request, response) => {
    const { body } = counted(intake, response, {
      status: 200,
      contentType: "",
      body: Buffer.alloc(bytes),
    });
    response.end(body);
    server.emit("held", intake.answers.bytes, once(response, "close"));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").pause();
  socket.on("error", () => {});
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [held, closed] = await once(server, "held");
  expect(held).toBe(bytes);
  await closed;
  expect(intake.answers.bytes).toBe(0);
  let received = 0;
  socket.on("data", (chunk) => {
    received += chunk.length;
  });
  await once(socket.resume(), "close");
  expect(received).toBeLessThan(bytes);
  server.close();
});
