import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { FairSlots } from "../../src/intake/fair-slots.ts";
import { createIntake } from "../../src/intake/intake.ts";
import { openStream } from "../../test/support/event-source.ts";
import { createEventStreams, type EventStream, type EventStreams } from "./event-streams.ts";

let close: () => void = () => {};
afterEach(() => {
  close();
  vi.useRealTimers();
});

const serve = async (streams: EventStreams) => {
  const opened: EventStream[] = [];
  const server = createServer((request, response) => {
    if (!streams.admit(request, response)) {
      response.writeHead(503).end();
      return;
    }
    opened.push(streams.open(request, response, { headers: ["X-KV-Node", "n"] }));
    server.emit("opened");
  });
  close = () => {
    streams.close();
    server.closeAllConnections();
    server.close();
  };
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { server, opened, port, url: `http://127.0.0.1:${port}` };
};

test("a quiet stream gets a comment every 15 s", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const streams = createEventStreams(createIntake());
  const { url, opened } = await serve(streams);
  const stream = await openStream(url, "/");
  vi.advanceTimersByTime(15_000);
  opened[0]?.send({ name: "after", data: "1" });
  await stream.next();
  expect(stream.comments).toEqual(["heartbeat"]);
});

test("a reader that never reads is cut off once a mebibyte waits for it", async () => {
  const { opened, server, port } = await serve(createEventStreams(createIntake()));
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(server, "opened");
  const [stream] = opened;
  const ended = new Promise<void>((resolve) => stream?.onEnd(resolve));
  const data = "x".repeat(100_000);
  let sent = 0;
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver && sent < 1000) {
    stream?.send({ data });
    sent += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  expect(sent).toBeLessThan(1000);
  expect(stream?.send({ data })).toBe(false);
  socket.destroy();
});

test("closing ends each stream with a comment and leaves room", async () => {
  const intake = { ...createIntake(), streams: new FairSlots({ max: 1 }) };
  const streams = createEventStreams(intake);
  const { url } = await serve(streams);
  const stream = await openStream(url, "/");
  expect((await fetch(url)).status).toBe(503);
  streams.close();
  await stream.ended();
  expect(stream.comments).toEqual(["the node is stopping"]);
  while (intake.streams.count > 0) await new Promise(setImmediate);
});
