/** The public gRPC service in front of real nodes, beside the REST gateway in front of the same. */
import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { refusalOf, TestClient, together } from "../../test/support/kv-client.ts";
import { type SmallCluster, startSmallCluster } from "../../test/support/small-cluster.ts";
import type { BatchOperation, WatchResponse } from "./generated/quorumkv/v1/kv.ts";

/** What a write or read may take on a machine with other work. */
const patienceMs = 120_000;

let cluster: SmallCluster;
let leader: TestClient;
let follower: TestClient;

beforeAll(async () => {
  cluster = await startSmallCluster({ followers: 2, settings: { timeout: patienceMs } });
  leader = new TestClient(cluster.leader.config.grpcPort);
  follower = new TestClient(cluster.followers[0]?.config.grpcPort ?? 0);
});

afterAll(async () => {
  leader.close();
  follower.close();
  await cluster.close();
});

const rest = async (method: string, path: string, body?: object) => {
  const answer = await fetch(`${cluster.leader.gateway.url}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return (await answer.json()) as Record<string, unknown>;
};

const putOf = (key: string, value: string): BatchOperation => ({
  operation: { $case: "put", value: { key, value } },
});

describe("gRPC and REST are two doors to one store", () => {
  test("what one writes the other reads", async () => {
    const { result } = await leader.put("door", '{"by": "gRPC"}', { trace: true });
    expect(result?.acks.map(({ node }) => node).toSorted()).toEqual(["follower1", "follower2"]);
    expect(await rest("GET", "/read?key=door")).toEqual({
      key: "door",
      value: { by: "gRPC" },
      version: result?.version,
    });
    const { version } = await rest("PUT", "/write", { key: "door", value: [1, "é"] });
    expect(await follower.read("door", { minVersion: version as number })).toEqual({
      entry: { key: "door", value: '[1,"é"]', version },
    });
  });

  test("a refusal has one code and one set of members at both", async () => {
    await leader.put("taken", "1");
    const wrong = await refusalOf(leader.put("taken", "2", { ifVersion: 0 }));
    const problem = await rest("PUT", "/write", { key: "taken", value: 2, ifVersion: 0 });
    expect(problem).toMatchObject({ code: wrong.code, ...wrong.members });
    expect(wrong).toMatchObject({ status: status.ABORTED, code: "VERSION_MISMATCH" });
  });

  test("requests of any kind are answered by both, and alike", async () => {
    const text = fc.oneof(fc.string({ unit: "binary-ascii", maxLength: 3 }), fc.constant("k"));
    const whole = fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined });
    const request = fc.record({
      key: fc.oneof(text, fc.constant("x".repeat(1025))),
      value: fc.jsonValue({ maxDepth: 3 }),
      quorum: whole,
      ifVersion: whole,
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ key, value, ...options }) => {
        const answer = await rest("PUT", "/write", { key, value, ...options });
        const written = leader.put(key, JSON.stringify(value), options);
        if (answer["code"] === undefined && options.ifVersion === undefined) await written;
        else if (answer["code"] !== undefined) {
          expect(await refusalOf(written)).toMatchObject({ code: answer["code"] });
        } else await written.catch(() => {});
      }),
      { numRuns: 100 },
    );
  });
});

describe("a follower", () => {
  test("refuses writes and names the leader's URL", async () => {
    for (const write of [follower.put("k", "1"), follower.batch([putOf("k", "1")])]) {
      expect(await refusalOf(write)).toMatchObject({
        status: status.FAILED_PRECONDITION,
        code: "NOT_LEADER",
        members: { leaderUrl: cluster.leader.gateway.url },
      });
    }
  });

  test("reads what it has, waits for a version, and gives up in time", async () => {
    const { result } = await leader.put("mine", "1");
    const { entry } = await follower.read("mine", { minVersion: result?.version ?? 0 });
    expect(entry?.value).toBe("1");
    const hasty = await startSmallCluster({ followers: 1, settings: { timeout: 50 } });
    onTestFinished(() => hasty.close());
    const client = new TestClient(hasty.followers[0]?.config.grpcPort ?? 0);
    onTestFinished(() => client.close());
    const far = await refusalOf(client.read("mine", { minVersion: 1_000_000 }));
    expect([far.status, far.code]).toEqual([status.UNAVAILABLE, "RECOVERING"]);
  });
});

describe("a watch", () => {
  const open = async (request: { prefix: string; after?: string }) => {
    const stream = follower.raw.watch(request).on("error", () => {});
    onTestFinished(() => stream.cancel());
    const seen: WatchResponse[] = [];
    stream.on("data", (message: WatchResponse) => seen.push(message));
    await once(stream, "metadata");
    const until = async (count: number) => {
      while (seen.length < count) await once(stream, "data");
      return seen;
    };
    return { stream, until };
  };

  test("on a follower shows each operation once and in order, and resumes", async () => {
    const { until } = await open({ prefix: "watched-" });
    const keys = Array.from({ length: 50 }, (_, index) => `watched-${index}`);
    await Promise.all(keys.map((key) => leader.put(key, "1")));
    await leader.remove("watched-0");
    const seen = await until(51);
    const sequences = seen.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(seen[50]).toMatchObject({ key: "watched-0", value: undefined });
    const again = await open({ prefix: "watched-", after: `${sequences[9]}` });
    expect(await again.until(41)).toEqual(seen.slice(10));
  });

  test("from beyond the end of the log is OUT_OF_RANGE at every node", async () => {
    const { last } = await leader.status();
    for (const client of [leader, follower]) {
      const stream = client.raw.watch({ prefix: "", after: `${last + 10}` });
      expect(await refusalOf(once(stream, "data"))).toMatchObject({
        status: status.OUT_OF_RANGE,
        code: "COMPACTED",
      });
    }
  });

  test("of a quiet prefix gets positions only if it asks for them, and resumes after them", async () => {
    const brief = await startSmallCluster({ followers: 1, settings: { logRetention: 100 } });
    onTestFinished(() => brief.close());
    const client = new TestClient(brief.leader.config.grpcPort);
    onTestFinished(() => client.close());
    const watch = async (request: { prefix: string; after?: string; positions?: boolean }) => {
      const stream = client.raw.watch(request).on("error", () => {});
      onTestFinished(() => stream.cancel());
      const seen: WatchResponse[] = [];
      stream.on("data", (message: WatchResponse) => seen.push(message));
      await once(stream, "metadata");
      return { stream, seen };
    };
    const plain = await watch({ prefix: "quiet" });
    const asking = await watch({ prefix: "quiet", positions: true });
    const loud = await Promise.all(Array.from({ length: 300 }, () => client.put("loud", "1")));
    const last = Math.max(...loud.map(({ result }) => result?.version ?? 0));
    while ((asking.seen.at(-1)?.sequence ?? 0) < last - 10) await once(asking.stream, "data");
    const position = { sequence: expect.any(Number), key: "", value: undefined, operations: [] };
    expect(asking.seen).toContainEqual(position);
    const resumed = await watch({ prefix: "quiet", after: `${asking.seen.at(-1)?.sequence}` });
    const told = Promise.all([once(resumed.stream, "data"), once(plain.stream, "data")]);
    const { result } = await client.put("quiet", "2");
    await told;
    const operation = { sequence: result?.version, key: "quiet", value: "2", operations: [] };
    expect([plain.seen, resumed.seen]).toEqual([[operation], [operation]]);
  });

  test("that reads slowly misses nothing", async () => {
    const { stream, until } = await open({ prefix: "slow-" });
    stream.pause();
    const value = JSON.stringify("x".repeat(20_000));
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => leader.put(`slow-${index}`, value)),
    );
    stream.resume();
    const keys = (await until(200)).map(({ key }) => key);
    expect(new Set(keys).size).toBe(200);
  });
});

test("20,000 bulk writes are answered in order, with rising versions", async () => {
  const requests = Array.from({ length: 20_000 }, (_, id) => ({
    id: `${id}`,
    operations: [putOf(`bulk-${id % 100}`, `${id}`)],
    options: undefined,
  }));
  const answers = await leader.bulkWrite(requests);
  expect(answers.map(({ id }) => id)).toEqual(requests.map(({ id }) => id));
  const versions = answers.map(({ outcome }) =>
    outcome?.$case === "result" ? outcome.value.version : Number.NaN,
  );
  expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  expect((await leader.read("bulk-99")).entry?.value).toBe("19999");
  // The same, 500 in a message.
  const groups = Array.from({ length: 8 }, (_, at) =>
    together(requests.slice(at * 500, at * 500 + 500)),
  );
  const grouped = (await leader.bulkMessages(groups)).flatMap((message) => message.answers);
  expect(grouped.map(({ id }) => id)).toEqual(requests.slice(0, 4000).map(({ id }) => id));
  const later = grouped.map(({ outcome }) =>
    outcome?.$case === "result" ? outcome.value.version : Number.NaN,
  );
  expect(later).toEqual(later.toSorted((a, b) => a - b));
  expect(later[0]).toBeGreaterThan(versions.at(-1) ?? Number.NaN);
});

test("a list pages over all keys, and never misses an answered write", async () => {
  const keys = Array.from({ length: 25 }, (_, index) => `page-${String(index).padStart(2, "0")}`);
  await leader.batch(keys.map((key) => putOf(key, "1")));
  const listed: string[] = [];
  let after: string | undefined;
  do {
    const page = await leader.list({ prefix: "page-", limit: 10, after });
    listed.push(...page.entries.map(({ key }) => key));
    after = page.next;
  } while (after !== undefined);
  expect(listed).toEqual(keys);
});
