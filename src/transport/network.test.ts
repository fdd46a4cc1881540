import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { keepaliveMs, silent, startFollower, startLeader } from "../../test/support/link-ends.ts";
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import { GrpcNetwork } from "./network.ts";
import { createGrpcServer } from "./server.ts";

const connect = async () => {
  const follower = await startFollower();
  const leader = startLeader(follower.port);
  const here = await leader.links.next();
  const there = await follower.links.next();
  return { follower, leader, here, there };
};

const fetchLog = (from: number): LeaderMessage => ({ type: "fetchLog", epoch: 1, from });
const refusal = (reason: string): FollowerMessage => ({
  type: "refusal",
  promisedEpoch: 2,
  promisedLeader: "",
  reason,
});

describe("a link", () => {
  test("carries messages of both directions in order", async () => {
    const { here, there } = await connect();
    for (let from = 1; from <= 1000; from++) here.link.send(fetchLog(from));
    await there.until(({ received }) => received.length === 1000);
    expect(there.received).toEqual(Array.from({ length: 1000 }, (_, index) => fetchLog(index + 1)));
    for (let index = 0; index < 1000; index++) there.link.send(refusal(`${index}`));
    await here.until(({ received }) => received.length === 1000);
    expect(here.received.at(-1)).toEqual(refusal("999"));
  });

  test("carries an append of many mebibytes", async () => {
    const { here, there } = await connect();
    const value = JSON.stringify("x".repeat(1024 * 1024 - 2));
    const entries = Array.from({ length: 12 }, (_, index) => ({
      sequence: index + 1,
      epoch: 1,
      origin: 1,
      operations: [{ key: "k", value }],
    }));
    here.link.send({ type: "append", epoch: 1, entries, committed: 0 });
    await there.until(({ received }) => received.length === 1);
    expect(there.received[0]).toEqual({ type: "append", epoch: 1, entries, committed: 0 });
  });

  test("says goodbye: what was sent before close arrives", async () => {
    const { here, there } = await connect();
    there.link.send(refusal("promised elsewhere"));
    there.link.close();
    await here.until(({ closings }) => closings > 0);
    expect(here.received).toEqual([refusal("promised elsewhere")]);
    await there.until(({ closings }) => closings > 0);
  });

  test("closed by the leader is closed once on both sides, and replaced", async () => {
    const { leader, follower, here, there } = await connect();
    here.link.close();
    here.link.close();
    here.link.send(fetchLog(1));
    await there.until(({ closings }) => closings > 0);
    const again = await leader.links.next();
    await follower.links.next();
    again.link.send(fetchLog(2));
    expect([here.closings, there.closings]).toEqual([1, 1]);
    expect(there.received).toEqual([]);
  });

  test("hands out nothing after close, although it was on its way", async () => {
    const { here, there } = await connect();
    there.link.send(refusal("late"));
    here.link.close();
    await there.until(({ closings }) => closings > 0);
    expect([here.received.length, here.closings]).toEqual([0, 1]);
  });

  test("of the leader that closes towards a peer that does not read is replaced at once", async () => {
    const follower = await startFollower();
    const relay = await startRelay(follower.port);
    const leader = startLeader(relay.port);
    const here = await leader.links.next();
    const before = [...relay.sockets];
    for (const socket of before) socket.pause();
    here.link.send(fetchLog(1));
    here.link.close();
    const closedAt = performance.now();
    await leader.links.next();
    // Sooner than any keepalive would notice.
    expect(performance.now() - closedAt).toBeLessThan(keepaliveMs);
    expect(here.closings).toBe(1);
  });

  test("finds a follower by its name", async () => {
    const { port } = await startFollower();
    const nodes = [{ id: "follower1", host: "localhost", grpcPort: port }];
    const network = new GrpcNetwork({ nodes, log: silent });
    onTestFinished(() => network.close());
    await new Promise<void>((resolve) => {
      network.dial("follower1", () => {
        resolve();
        return { received() {}, closed() {} };
      });
    });
  });

  test("closes when the other server goes, and opens again when it is back", async () => {
    const { leader, follower, here, there } = await connect();
    await follower.server.close();
    await here.until(({ closings }) => closings > 0);
    await there.until(({ closings }) => closings > 0);
    const back = await startFollower(follower.port);
    await leader.links.next();
    await back.links.next();
    expect(here.closings + there.closings).toBe(2);
  });

  test("is not dialled again once cancelled", async () => {
    const { leader, follower, here, there } = await connect();
    leader.cancel();
    await here.until(({ closings }) => closings > 0);
    await there.until(({ closings }) => closings > 0);
    await follower.server.close();
    expect(leader.links.opened).toBe(1);
  });
});

/** A plain TCP relay, so that bytes can be held up or broken on the way. */
const startRelay = async (port: number) => {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = new (near.constructor as new () => Socket)().connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    }
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, sockets };
};

describe("a peer", () => {
  test("that never reads costs bounded memory, then its link", async () => {
    const follower = await startFollower();
    const relay = await startRelay(follower.port);
    const limits = { unsentBytesMax: 4 * 1024 * 1024, writtenBytesMax: 256 * 1024 };
    const leader = startLeader(relay.port, { limits });
    const here = await leader.links.next();
    for (const socket of relay.sockets) socket.pause();
    const value = "x".repeat(1024 * 1024);
    for (let sent = 0; sent < 5; sent++) {
      here.link.send({
        type: "append",
        epoch: 1,
        entries: [{ sequence: sent, epoch: 1, origin: 1, operations: [{ key: "k", value }] }],
        committed: 0,
      });
    }
    await here.until(({ closings }) => closings > 0);
    expect(here.reason).toBe("the peer does not read");
  });

  test("whose connection is cut is gone at once, and dialled again", async () => {
    const follower = await startFollower();
    const relay = await startRelay(follower.port);
    const leader = startLeader(relay.port);
    const here = await leader.links.next();
    const there = await follower.links.next();
    for (const socket of relay.sockets) socket.destroy();
    await here.until(({ closings }) => closings > 0);
    await there.until(({ closings }) => closings > 0);
    await leader.links.next();
    expect([here.closings, there.closings]).toEqual([1, 1]);
  });
});

test("a taken port is named in one sentence", async () => {
  const { port } = await startFollower();
  const config = { nodes: [], host: "127.0.0.1", grpcPort: port };
  const second = createGrpcServer({ config, log: silent });
  await expect(second.serve()).rejects.toThrow(
    `gRPC port ${port} on 127.0.0.1 cannot be opened: another program listens there`,
  );
  await second.close();
});
