import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStream } from "../../test/support/event-source.ts";
import { liveBytes } from "../../test/support/heap.ts";
import { ask } from "../../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../../test/support/small-cluster.ts";

let cluster: SmallCluster;
let url: string;
beforeAll(async () => {
  cluster = await startSmallCluster({ followers: 1, settings: { logRetention: 100 } });
  ({ url } = cluster.leader.gateway);
});
afterAll(() => cluster.close());

const put = async (key: string, value: unknown = 1): Promise<number> => {
  const answer = await ask(url, "/write", { method: "PUT", body: { key, value } });
  expect(answer.status).toBe(200);
  return Number(answer.json["version"]);
};
const batch = async (...operations: object[]): Promise<number> => {
  const answer = await ask(url, "/write/batch", { method: "POST", body: { operations } });
  expect(answer.status).toBe(200);
  return Number(answer.json["version"]);
};

// First, because the events of single writes rest while there are many.
describe("GET /events", () => {
  test("greets, replays and goes on", async () => {
    const version = await put("ev/a");
    const stream = await openStream(url, "/events");
    const hello = await stream.next();
    expect(hello).toMatchObject({ event: "hello", id: "0" });
    expect(JSON.parse(hello.data)).toMatchObject({ node: "leader", faults: false, epoch: 1 });
    let event = hello;
    const types = new Set<string | undefined>();
    const isOurs = () => event.event === "settled" && JSON.parse(event.data).sequence === version;
    for (let id = 1; !isOurs(); id++) {
      event = await stream.next();
      expect(event.id).toBe(String(id));
      types.add(event.event);
    }
    expect(types).toContain("write");
    const next = await put("ev/b");
    do event = await stream.next();
    while (event.event !== "write" || JSON.parse(event.data).sequence !== next);
    await stream.close();
  });

  test("HEAD answers the head and ends", async () => {
    for (const target of ["/events", "/watch"]) {
      const answer = await ask(url, target, { method: "HEAD" });
      expect(answer).toMatchObject({
        status: 200,
        headers: { "content-type": "text/event-stream; charset=utf-8" },
      });
    }
  });
});

describe("GET /watch", () => {
  test("sends each applied operation in order, with the node's headers", async () => {
    const stream = await openStream(url, "/watch?prefix=w/");
    expect(stream.response.headers).toMatchObject({ "x-kv-node": "leader", "x-kv-role": "leader" });
    const first = await put("w/a", { x: 1 });
    await put("elsewhere");
    await ask(url, "/write", { method: "DELETE", body: { key: "w/a" } });
    expect(await stream.next()).toEqual({
      id: String(first),
      event: "put",
      data: `{"key":"w/a","value":{"x":1},"version":${first}}`,
    });
    const second = await stream.next();
    expect(second).toMatchObject({ event: "delete", id: String(first + 2) });
    expect(JSON.parse(second.data)).toEqual({ key: "w/a", version: first + 2 });
    await stream.close();
  });

  test("only the last operation of an entry carries the id, so that resuming is by entry", async () => {
    const stream = await openStream(url, "/watch?prefix=e/");
    const version = await batch(
      { put: { key: "e/a", value: 1 } },
      { put: { key: "e/b", value: 2 } },
      { put: { key: "other", value: 3 } },
    );
    expect(await stream.next()).toMatchObject({
      data: expect.stringContaining("e/a"),
      id: undefined,
    });
    expect(await stream.next()).toMatchObject({
      data: expect.stringContaining("e/b"),
      id: String(version),
    });
    await stream.close();
  });

  test("an entry larger than what a slow reader may leave unread is shown, and what follows", async () => {
    const before = await put("elsewhere");
    const live = await openStream(url, "/watch?prefix=large/");
    const value = "x".repeat(1024 * 1024 - 2);
    const large = await put("large/a", value);
    const long = "y".repeat(700_000);
    const both = await batch(
      { put: { key: "large/b", value: long } },
      { put: { key: "large/c", value: long } },
    );
    const resumed = await openStream(url, `/watch?prefix=large/&after=${before}`);
    for (const stream of [live, resumed]) {
      const first = await stream.next();
      expect(first).toMatchObject({ event: "put", id: String(large) });
      expect(JSON.parse(first.data).value).toBe(value);
      expect(JSON.parse((await stream.next()).data).key).toBe("large/b");
      expect(await stream.next()).toMatchObject({ id: String(both) });
      await stream.close();
    }
  });

  test("a follower's watch shows the same", async () => {
    const stream = await openStream(cluster.followers[0]?.gateway.url ?? "", "/watch?prefix=f/");
    const version = await put("f/a");
    expect(await stream.next()).toMatchObject({ id: String(version), event: "put" });
    await stream.close();
  });

  test("goes on after Last-Event-ID, which counts for more than the URL", async () => {
    const first = await put("r/a");
    const second = await put("r/b");
    for (const [target, headers] of [
      [`/watch?prefix=r/&after=${first}`, {}],
      ["/watch?prefix=r/&after=0", { "last-event-id": String(first) }],
    ] as const) {
      const stream = await openStream(url, target, headers);
      expect(await stream.next()).toMatchObject({ id: String(second) });
      await stream.close();
    }
  });

  test("every write is seen exactly once over many reconnects", async () => {
    const from = await put("m/start");
    const seen: string[] = [];
    let last = String(from);
    const writing = (async () => {
      for (let i = 0; i < 60; i++) await put(`m/${i}`);
    })();
    while (seen.length < 60) {
      const stream = await openStream(url, "/watch?prefix=m/", { "last-event-id": last });
      for (let i = 0; i < 7 && seen.length < 60; i++) {
        const { id = last, data } = await stream.next();
        seen.push(JSON.parse(data).key);
        last = id;
      }
      await stream.close();
    }
    await writing;
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => `m/${i}`));
  });

  test("of a quiet prefix says how far it is, as an id without an event", async () => {
    const stream = await openStream(url, "/watch?prefix=quiet");
    const version = Math.max(
      ...(await Promise.all(Array.from({ length: 150 }, () => put("loud")))),
    );
    const isNear = () => stream.comments.some((comment) => comment === `at ${reported()}`);
    const reported = () => Math.max(0, ...stream.ids.map(Number));
    while (reported() < version - 10 || !isNear()) await once(stream.response, "data");
    const last = reported();
    expect(last).toBeLessThanOrEqual(version);
    const after = await put("quiet");
    expect(await stream.next()).toMatchObject({ id: String(after) });
    await stream.close();
    const resumed = await openStream(url, "/watch?prefix=quiet", { "Last-Event-ID": String(last) });
    expect(await resumed.next()).toMatchObject({ id: String(after) });
    await resumed.close();
  });

  test("is 410 COMPACTED when the log no longer reaches back", async () => {
    await Promise.all(Array.from({ length: 1500 }, (_, i) => put(`c/${i % 10}`)));
    const answer = await ask(url, "/watch?after=1");
    expect(answer).toMatchObject({ status: 410, json: { code: "COMPACTED" } });
  });

  test("is 410 COMPACTED beyond the end of the log, at the leader and at a follower", async () => {
    const last = await put("end");
    const headers = { "last-event-id": String(last + 10) };
    for (const node of [cluster.leader, ...cluster.followers]) {
      const answer = await ask(node.gateway.url, "/watch", { headers });
      expect(answer).toMatchObject({
        status: 410,
        json: { code: "COMPACTED", detail: expect.stringContaining(`ends at ${last}`) },
      });
    }
    const stream = await openStream(url, "/watch", { "last-event-id": String(last) });
    const next = await put("end");
    expect(await stream.next()).toMatchObject({ id: String(next) });
    await stream.close();
  });

  test("a client that goes away is forgotten", async () => {
    const stream = await openStream(url, "/watch");
    await stream.close();
    await put("forgotten");
  });

  test("a reader that never reads holds up nobody, and is paused rather than buffered", async () => {
    const socket = connect(cluster.leader.gateway.port, "127.0.0.1");
    await once(socket, "connect");
    socket.pause();
    socket.write("GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const big = "x".repeat(200_000);
    const before = await liveBytes();
    for (let i = 0; i < 200; i++) await put("big", `${i}${big}`);
    const after = await liveBytes();
    // The log keeps at least 100 entries of 200 kB; a buffered stream would hold 40 MB more.
    expect(after - before).toBeLessThan(200_000_000);
    socket.destroy();
  });
});
