/** Strangers from many addresses, at the port of a real node. */
import { once } from "node:events";
import { type ClientHttp2Stream, connect as connectHttp2 } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FollowerEnd, startFollower, startLeader } from "../../test/support/link-ends.ts";
import type { LeaderMessage } from "../replication/types.ts";

const secret = "correct horse battery";
const fetchLog = (from: number): LeaderMessage => ({ type: "fetchLog", epoch: 1, from });
const leaderAt = (host: string) => [{ id: "leader", host, grpcPort: 1 }];
/** More than a node takes of all strangers together. */
const strangersMax = 64;
const strangers = 3 * strangersMax;

/** Each number has an address of its own on this machine. */
const socketFrom = (number: number, port: number): Socket => {
  const localAddress = `127.1.${number >> 8}.${number & 255 || 255}`;
  const socket = connectTcp({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
};

/** A stream to the method of nodes that stays open, with half of a message on it. */
async function openStream(socket: Socket, port: number): Promise<ClientHttp2Stream> {
  const session = connectHttp2(`http://127.0.0.1:${port}`, { createConnection: () => socket });
  session.on("error", () => undefined);
  const headers = {
    ":method": "POST",
    ":path": "/quorumkv.v1.ReplicationService/Replicate",
    "content-type": "application/grpc+proto",
    te: "trailers",
  };
  const stream = session.request(headers, { endStream: false });
  stream.on("error", () => undefined);
  stream.resume();
  await once(session, "remoteSettings");
  await new Promise<void>((resolve) =>
    stream.write(Buffer.from([0, 0, 1, 0, 0, 7]), () => resolve()),
  );
  return stream;
}

/** Opens a stream from each of many addresses. Returns how many the node has ended so far, and waits for more. */
async function flood(port: number) {
  let ended = 0;
  let check = () => {};
  for (let number = 0; number < strangers; number++) {
    const stream = await openStream(socketFrom(number, port), port);
    const over = () => {
      ended += 1;
      check();
    };
    if (stream.closed) over();
    else stream.once("close", over);
  }
  const until = async (count: number) => {
    while (ended < count) await new Promise<void>((resolve) => (check = resolve));
  };
  return { until, ended: () => ended };
}

async function carries(link: { send(message: LeaderMessage): void }, there: FollowerEnd) {
  const before = there.received.length;
  link.send(fetchLog(before + 1));
  await there.until(({ received }) => received.length > before);
  expect(there.closings).toBe(0);
}

describe("strangers from many addresses share one room, and a member keeps its stream and gets another one", () => {
  test.each([
    ["that dials from its address in NODES", "127.0.0.1", []],
    ["whose host in NODES is a name", "localhost", []],
    ["that proves itself from another address", "192.0.2.1", [secret]],
  ])("one %s", async (_, host, secrets) => {
    const follower = await startFollower(0, { secrets, nodes: leaderAt(host) });
    const leader = startLeader(follower.port, { secrets });
    const [here, there] = [await leader.links.next(), await follower.links.next()];
    await carries(here.link, there);
    const others = await flood(follower.port);
    await others.until(strangers - strangersMax);
    if (secrets.length === 0) expect(others.ended()).toBe(strangers - strangersMax);
    await carries(here.link, there);
    const again = startLeader(follower.port, { secrets });
    const next = await again.links.next();
    next.link.send(fetchLog(1));
    await somebodyHears(follower.links);
    await carries(here.link, there);
  });
});

/** Where nobody proves anything, the streams of strangers are links as well, on which nothing arrives. */
function somebodyHears(links: { next(): Promise<FollowerEnd> }): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listen = async (): Promise<never> => {
    for (;;) void (await links.next()).until(({ received }) => received.length > 0).then(resolve);
  };
  void listen();
  return promise;
}

test("a member gets a connection, however many addresses have one", async () => {
  const follower = await startFollower(0, { nodes: leaderAt("127.0.0.1") });
  for (let number = 0; number < 2100; number++) {
    const socket = socketFrom(number, follower.port);
    await once(socket, "connect");
  }
  const leader = startLeader(follower.port);
  const [here, there] = [await leader.links.next(), await follower.links.next()];
  await carries(here.link, there);
});
