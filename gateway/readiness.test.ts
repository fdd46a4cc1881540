/** `/readyz?for=`: what a load balancer asks before it sends reads here, or writes. */
import { afterEach, describe, expect, test } from "vitest";
import { startNode } from "../src/assemble.ts";
import { ask } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";

let cluster: SmallCluster | undefined;
afterEach(() => cluster?.close());

const start = async (followers: number) => {
  cluster = await startSmallCluster({ followers });
  const urls = [cluster.leader, ...cluster.followers].map(({ gateway }) => gateway.url);
  return { cluster, leader: urls[0] ?? "", follower: urls[1] ?? "" };
};
const ready = async (url: string) => {
  const answers = ["/readyz", "/readyz?for=reads", "/readyz?for=writes"].map((path) =>
    ask(url, path),
  );
  const [all, reads, writes] = (await Promise.all(answers)).map(({ status }) => status);
  return { all, reads, writes };
};
/** Asks until it is so; the test's own deadline ends it. */
const until = async <T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> => {
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
  }
};

test("a leader is ready for both, a follower for reads", async () => {
  const { leader, follower } = await start(1);
  expect(await ready(leader)).toEqual({ all: 200, reads: 200, writes: 200 });
  expect(await ready(follower)).toEqual({ all: 200, reads: 200, writes: 503 });
  const { json } = await ask(follower, "/readyz?for=writes");
  expect(json).toEqual({ ready: false, reasons: [expect.stringContaining("leader")] });
});

test("a follower whose leader is gone is ready for reads, and answers them", async () => {
  const { cluster, leader, follower } = await start(1);
  await ask(leader, "/write", { method: "PUT", body: { key: "a", value: 1 } });
  await ask(follower, "/read?key=a&minVersion=1");
  await cluster.leader.close();
  const seen = await until(
    () => ready(follower),
    ({ all }) => all === 503,
  );
  expect(seen).toEqual({ all: 503, reads: 200, writes: 503 });
  expect((await ask(follower, "/read?key=a")).json["value"]).toBe(1);
});

test("a leader without its followers is ready for reads", async () => {
  const { cluster, leader } = await start(1);
  await cluster.followers[0]?.close();
  const seen = await until(
    () => ready(leader),
    ({ writes }) => writes === 503,
  );
  expect(seen).toEqual({ all: 503, reads: 200, writes: 503 });
});

describe("a node that never held a store", () => {
  test("is not ready for reads", async () => {
    const { cluster, follower } = await start(1);
    await cluster.leader.close();
    const [old] = cluster.followers;
    if (old === undefined) throw new Error("no follower");
    await old.close();
    const options = {
      log: { debug() {}, info() {}, warn() {}, error() {} },
      pageDirectory: undefined,
    };
    const fatal = (reason: string) => {
      throw new Error(reason);
    };
    const blank = await startNode({ ...options, config: old.config, fatal });
    try {
      expect(await ready(follower)).toEqual({ all: 503, reads: 503, writes: 503 });
    } finally {
      await blank.close();
    }
  });
});

test("another purpose is refused", async () => {
  const { leader } = await start(0);
  for (const query of ["for=", "for=Reads", "for=reads&for=writes", "what=reads"]) {
    expect((await ask(leader, `/readyz?${query}`)).status).toBe(400);
  }
});
