import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Sample } from "../results/schema.ts";
import { openAckStream } from "./ack-stream.ts";

let close: () => void = () => {};
afterEach(() => close());

/** A leader whose events the test sends. It was opened at 1000 and has a history. */
async function opened() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const requested = once(server, "request");
  const opening = openAckStream(`http://127.0.0.1:${port}`, new AbortController().signal);
  const [, response] = (await requested) as [unknown, ServerResponse];
  const send = (event: string, data: object) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream" });
  send("hello", { now: 1000 });
  send("rate", { at: 900 });
  const stream = await opening;
  close = () => {
    stream.close();
    server.closeAllConnections();
    server.close();
  };
  const acked = (sequence: number, node: string) =>
    send("ack", { sequence, node, ms: 2, delayMs: 1 });
  return { stream, send, acked, end: () => response.end() };
}

const sample = (version: number): Sample => ({
  ...{ client: 0, write: version, key: `k${version}`, startedAtMs: 0 },
  ...{ latencyMs: 3, settleMs: 2, version, acks: [] },
});

/** The names in the order in which their promises resolve. */
function order(promises: Readonly<Record<string, Promise<void>>>): string[] {
  const seen: string[] = [];
  for (const [name, promise] of Object.entries(promises)) void promise.then(() => seen.push(name));
  return seen;
}

test("a pass is complete once the last ack of its writes was heard", async () => {
  const { stream, send, acked } = await opened();
  const complete = stream.complete([sample(1)], 2);
  send("write", { sequence: 1 });
  acked(1, "a");
  acked(1, "a");
  send("rate", { at: 2000 });
  const next = stream.nextSecond();
  const seen = order({ next, complete });
  await next;
  expect(seen).toEqual(["next"]);
  acked(1, "b");
  await complete;
  const [timeline] = stream.timelines([sample(1)], 2);
  expect(timeline?.acks.map(({ node }) => node)).toEqual(["a", "b"]);
});

test("a write that the leader does not report is awaited until the second ends", async () => {
  const { stream, send, acked } = await opened();
  const complete = stream.complete([sample(1), sample(2)], 1);
  send("write", { sequence: 1 });
  acked(1, "a");
  send("rate", { at: 2000 });
  await complete;
  expect(stream.timelines([sample(1), sample(2)], 1).map(({ version }) => version)).toEqual([1]);
});

test("a second that ended before the stream was opened is not the next one", async () => {
  const { stream, send, acked } = await opened();
  const next = stream.nextSecond();
  const heard = stream.complete([sample(1)], 1);
  const seen = order({ next, heard });
  send("write", { sequence: 1 });
  acked(1, "a");
  await heard;
  expect(seen).toEqual(["heard"]);
  send("rate", { at: 1001 });
  await next;
});

test("nothing is awaited from a stream that has ended", async () => {
  const { stream, end } = await opened();
  const waits = [stream.nextSecond(), stream.complete([sample(1)], 1)];
  end();
  await Promise.all(waits);
  await stream.nextSecond();
});
