/** A call to a member that no longer reacts ends; one to a slow member goes on. */
import { once } from "node:events";
import { Agent, type ClientRequest, createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createMemberPulse, type MemberPulse } from "./member-pulse.ts";

let peerUrl: string;
let pulse: MemberPulse;
let reacts: boolean;
let questions: number;
let stop: () => void;
/** The member takes requests, and answers as the test says. */
let asked: (call: { response: ServerResponse }) => void;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const server = createServer((_request, response) => asked({ response }));
  await once(server.listen(0, "127.0.0.1"), "listening");
  peerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  reacts = true;
  questions = 0;
  pulse = createMemberPulse(async () => {
    questions += 1;
    return reacts;
  });
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterEach(() => {
  vi.useRealTimers();
  pulse.close();
  stop();
});

const agent = new Agent({ keepAlive: true });

/** A call that has arrived at the member. */
const call = async (kind: "read" | "write") => {
  const arrived = new Promise<{ response: ServerResponse }>((resolve) => {
    asked = resolve;
  });
  const outgoing = request(peerUrl, { agent }).end();
  const outcome = once(outgoing, "error").then(([error]) => (error as Error).message);
  pulse.watch({ peer: { id: "b", url: peerUrl }, outgoing, kind });
  const { response } = await arrived;
  return { outgoing, response, outcome };
};

/** Seconds pass, and what was asked in each of them is answered in it. */
const pass = async (seconds: number, until: () => boolean = () => false): Promise<number> => {
  for (let second = 0; second < seconds; second++) {
    if (until()) return second;
    await vi.advanceTimersByTimeAsync(1000);
  }
  return seconds;
};
const isGone = (outgoing: ClientRequest) => () => outgoing.destroyed;

test("a read of a member that does not react ends within seconds", async () => {
  reacts = false;
  const { outgoing, outcome } = await call("read");
  expect(await pass(60, isGone(outgoing))).toBeLessThan(4);
  expect(await outcome).toMatch(/^it has not responded for \d+ ms$/);
});

test("the next one ends as soon as the member is asked once more", async () => {
  reacts = false;
  const first = await call("read");
  await pass(60, isGone(first.outgoing));
  const before = questions;
  const next = await call("read");
  await vi.advanceTimersByTimeAsync(250);
  expect(next.outgoing.destroyed).toBe(true);
  expect(questions).toBe(before + 1);
  await Promise.all([first.outcome, next.outcome]);
});

test("a write is given more questions, as its outcome would be unknown", async () => {
  reacts = false;
  const { outgoing, outcome } = await call("write");
  await pass(60, isGone(outgoing));
  expect(questions).toBe(6);
  await outcome;
});

test("while the member reacts, its answer may take minutes", async () => {
  const { outgoing, response } = await call("read");
  await pass(600);
  expect(questions).toBeGreaterThan(10);
  expect(outgoing.destroyed).toBe(false);
  const answered = once(outgoing, "response");
  response.end("late");
  await answered;
});

test("a member that came back is no longer suspected", async () => {
  reacts = false;
  const first = await call("read");
  await pass(60, isGone(first.outgoing));
  await first.outcome;
  reacts = true;
  const second = await call("read");
  await pass(1);
  reacts = false;
  await pass(1);
  expect(second.outgoing.destroyed).toBe(false);
  await pass(60, isGone(second.outgoing));
  await second.outcome;
});

test("an event stream may rest, and its member is not even asked while comments come", async () => {
  const { outgoing, response } = await call("read");
  const head = once(outgoing, "response");
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": heartbeat\n\n");
  const [incoming] = await head;
  incoming.resume();
  for (let beat = 0; beat < 40; beat++) {
    const heard = once(incoming, "data");
    response.write(": heartbeat\n\n");
    await heard;
    await pass(15);
  }
  expect(questions).toBe(0);
  reacts = false;
  incoming.on("error", () => {});
  expect(await pass(60, isGone(outgoing))).toBeLessThan(30);
});

test("calls that end are forgotten", async () => {
  const { outgoing, response } = await call("read");
  const closed = once(outgoing, "close");
  outgoing.on("response", (incoming) => incoming.resume());
  response.end("done");
  await closed;
  reacts = false;
  await pass(60);
  expect(questions).toBe(0);
});
