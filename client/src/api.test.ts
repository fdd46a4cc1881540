/** Each call against real nodes of this process. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { type SmallCluster, startSmallCluster } from "../../test/support/small-cluster.ts";
import { KVError } from "./errors.ts";
import { QuorumKV } from "./quorum-kv.ts";

let cluster: SmallCluster;
let kv: QuorumKV;

beforeAll(async () => {
  cluster = await startSmallCluster({ followers: 2 });
  // A follower: writes have to find the leader.
  kv = new QuorumKV({ endpoints: cluster.followers[0]?.gateway.url ?? "", timeoutMs: 120_000 });
});
afterAll(() => cluster?.close());

const errorOf = async (call: Promise<unknown>): Promise<KVError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof KVError) return error;
  throw new Error(`not a KVError: ${error}`);
};

test("what was put is got, until it is deleted", async () => {
  expect(await kv.get("city")).toBeNull();
  const written = await kv.put("city", { name: "Rome" });
  expect(written.acks.length).toBeGreaterThanOrEqual(2);
  expect(await kv.get("city")).toEqual({
    key: "city",
    value: { name: "Rome" },
    version: written.version,
  });
  const deleted = await kv.delete("city");
  expect(deleted?.version).toBeGreaterThan(written.version);
  expect(await kv.get("city")).toBeNull();
  expect(await kv.delete("city")).toBeNull();
});

test("trace gives the times of the acks", async () => {
  const { acks } = await kv.put("traced", 1, { trace: true, quorum: 1 });
  expect(acks[0]).toEqual({
    node: expect.any(String),
    ms: expect.any(Number),
    delayMs: expect.any(Number),
  });
});

test("a failed condition names the version there is", async () => {
  const { version } = await kv.put("once", 1, { ifVersion: 0 });
  const error = await errorOf(kv.put("once", 2, { ifVersion: 0 }));
  expect(error).toMatchObject({ code: "VERSION_MISMATCH", written: "no", status: 409, version });
  if (error.code === "VERSION_MISMATCH") await kv.put("once", 2, { ifVersion: error.version });
  expect((await kv.get("once"))?.value).toBe(2);
});

test("a batch is one entry, and pages show it", async () => {
  await kv.put("page/0", "old");
  const { version } = await kv.batch([
    { put: { key: "page/1", value: 1, ifVersion: 0 } },
    { put: { key: "page/2", value: 2 } },
    { delete: { key: "page/0" } },
  ]);
  const first = await kv.list({ prefix: "page/", limit: 1 });
  expect(first).toMatchObject({ entries: [{ key: "page/1", value: 1, version }], next: "page/1" });
  const second = await kv.list({ prefix: "page/", after: first.next ?? "" });
  expect(second.entries).toEqual([{ key: "page/2", value: 2, version }]);
  expect(second.next).toBeNull();
});

describe("a write whose answer is lost", () => {
  /** The node gets each of the first requests to that path, and the client no answer to it. */
  const deafClient = (path: string, deafFor: number) => {
    let lost = 0;
    const fetch = async (url: string, init: RequestInit) => {
      const response = await globalThis.fetch(url, init);
      if (!url.endsWith(path) || lost >= deafFor) return response;
      lost += 1;
      await response.text();
      throw new Error("the answer is lost");
    };
    const endpoints = cluster.followers.map(({ gateway }) => gateway.url);
    return new QuorumKV({ endpoints, timeoutMs: 120_000, fetch });
  };

  test("takes effect once, and its repeat has the first one's version", async () => {
    const { version: before } = await kv.put("lost/1", "before");
    const { version } = await deafClient("/write", 2).put("lost/1", "after", { ifVersion: before });
    expect(await kv.get("lost/1")).toMatchObject({ value: "after", version });
    const deleted = await deafClient("/write", 1).delete("lost/1");
    expect(deleted?.version).toBe(version + 1);
    const batched = await deafClient("/write/batch", 1).batch([
      { put: { key: "lost/1", value: 1 } },
    ]);
    expect(batched.version).toBe(version + 2);
    expect((await kv.put("lost/1", 2)).version).toBe(version + 3);
  });

  test("is unknown where its key is turned off", async () => {
    const error = await errorOf(
      deafClient("/write", 1).put("lost/2", 1, { idempotencyKey: false }),
    );
    expect(error).toMatchObject({ code: "CONNECTION_LOST", written: "unknown" });
  });

  test("is one write for all calls with one key, and of one request alone", async () => {
    const idempotencyKey = "order-17";
    const first = await kv.put("lost/3", 1, { idempotencyKey });
    expect((await kv.put("lost/3", 1, { idempotencyKey })).version).toBe(first.version);
    const error = await errorOf(kv.put("lost/3", 2, { idempotencyKey }));
    expect(error).toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED", written: "no", idempotencyKey });
  });
});

test("many keys are read in one view, which a transaction can rest on", async () => {
  const { version } = await kv.batch([
    { put: { key: "many/1", value: [1] } },
    { put: { key: "many/2", value: [] } },
  ]);
  const keys = ["many/2", "many/0", "many/1"];
  const view = await kv.getMany(keys);
  expect(view.entries).toEqual([
    { key: "many/2", value: [], version },
    null,
    { key: "many/1", value: [1], version },
  ]);
  expect(view.sequence).toBeGreaterThanOrEqual(version);
  const rests = view.entries.map((entry, index) => ({
    check: { key: keys[index] ?? "", ifVersion: entry?.version ?? 0 },
  }));
  await kv.batch([...rests, { put: { key: "many/3", value: 3 } }]);
  await kv.put("many/0", 0);
  const error = await errorOf(kv.batch([...rests, { put: { key: "many/3", value: 4 } }]));
  expect(error).toMatchObject({ code: "VERSION_MISMATCH", index: 1, key: "many/0" });
  const raw = await kv.getMany(["many/1", "many/none"], { raw: true, consistency: "local" });
  expect(raw.entries.map((entry) => entry?.value)).toEqual(["[1]", undefined]);
  const tooMany = Array.from({ length: 129 }, (_, index) => `many/${index}`);
  expect(await errorOf(kv.getMany(tooMany))).toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("raw values keep every digit, in and out", async () => {
  const text = '{"b":12345678901234567890.10,"a":"\\u0041"}';
  await kv.put("raw/1", text, { raw: true });
  expect((await kv.get("raw/1", { raw: true }))?.value).toBe(text);
  expect((await kv.list({ prefix: "raw/", raw: true })).entries[0]?.value).toBe(text);
  const error = await errorOf(kv.put("raw/1", '1,"quorum":0', { raw: true }));
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", written: "no" });
  expect((await kv.get("raw/1", { raw: true }))?.value).toBe(text);
});

test("what is not JSON is not sent", async () => {
  for (const value of [undefined, () => 1, 1n]) {
    expect(await errorOf(kv.put("x", value))).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
});

describe("a schema", () => {
  const schema = z.object({ name: z.string(), people: z.number().default(0) });

  test("checks and types what is read", async () => {
    await kv.put("schema/1", { name: "Oslo" });
    const entry = await kv.get("schema/1", { schema });
    expect(entry?.value.people).toBe(0);
    await kv.put("schema/2", { name: 5 });
    expect(await errorOf(kv.list({ prefix: "schema/", schema }))).toMatchObject({
      code: "INVALID_VALUE",
      written: "no",
      issues: [{ path: ["name"] }],
    });
  });

  test("keeps a wrong value from being written", async () => {
    const wrong = { name: 1 } as unknown as z.infer<typeof schema>;
    const error = await errorOf(kv.put("schema/3", wrong, { schema }));
    expect(error).toMatchObject({ code: "INVALID_VALUE", written: "no" });
    expect(await kv.get("schema/3")).toBeNull();
  });
});

test("status is that of a node", async () => {
  expect(await kv.status()).toMatchObject({ ready: true, config: { writeQuorum: 2 } });
});

test("a signal ends a call, before and while it is sent", async () => {
  const before = kv.get("city", { signal: AbortSignal.abort() });
  expect(await errorOf(before)).toMatchObject({ code: "ABORTED", written: "no" });
  expect(await errorOf(kv.put("city", 1, { signal: AbortSignal.abort() }))).toMatchObject({
    code: "ABORTED",
    written: "no",
  });
});

test("endpoints that are no URLs are refused at once", () => {
  for (const endpoints of [[], "127.0.0.1:4567", "ftp://host", "http://user:secret@host"]) {
    expect(() => new QuorumKV({ endpoints })).toThrow(TypeError);
  }
});

describe("a watch", () => {
  test("gives every operation after a sequence, entry by entry", async () => {
    const { version: after } = await kv.put("watch/0", 0);
    await kv.batch([
      { put: { key: "watch/1", value: 1.5 } },
      { put: { key: "elsewhere", value: 0 } },
      { delete: { key: "watch/0" } },
    ]);
    const seen: unknown[] = [];
    for await (const event of kv.watch({ prefix: "watch/", after })) {
      seen.push(event);
      if (event.complete) break;
    }
    const version = after + 1;
    expect(seen).toEqual([
      { type: "put", key: "watch/1", value: 1.5, version, complete: false },
      { type: "delete", key: "watch/0", version, complete: true },
    ]);
  });

  test("from now on starts where it says", async () => {
    const events = kv.watch({
      prefix: "now/",
      onConnection: () => void kv.put("now/1", "later"),
    });
    const { value } = await events.next();
    expect(value).toMatchObject({ key: "now/1", value: "later" });
    await events.return();
  });

  test("tells COMPACTED where the log does not reach", async () => {
    const error = await errorOf(kv.watch({ after: 1_000_000 }).next());
    expect(error).toMatchObject({ code: "COMPACTED", status: 410, written: "no" });
  });

  test("ends by its signal", async () => {
    const stop = new AbortController();
    const events = kv.watch({ signal: stop.signal, onConnection: () => stop.abort() });
    expect(await errorOf(events.next())).toMatchObject({ code: "ABORTED" });
  });

  test("of a quiet prefix resumes, however much was written elsewhere meanwhile", async () => {
    const brief = await startSmallCluster({ followers: 1, settings: { logRetention: 100 } });
    onTestFinished(() => brief.close());
    const endpoints = brief.leader.gateway.url;
    const writer = new QuorumKV({ endpoints, timeoutMs: 120_000 });
    const { version: after } = await writer.put("quiet", 0);
    const line = new BreakableLine();
    const { fetch } = line;
    const kv = new QuorumKV({ endpoints, timeoutMs: 120_000, discover: false, fetch });
    const losses: unknown[] = [];
    const events = kv.watch({
      ...{ prefix: "quiet", after, timeoutMs: 120_000 },
      onConnection: ({ type, after: at }) => type === "lost" && losses.push(at),
    });
    const next = events.next();
    const loud = await Promise.all(Array.from({ length: 400 }, () => writer.put("loud", 1)));
    await line.untilAt(Math.max(...loud.map(({ version }) => version)) - 10);
    line.break();
    const { version: told } = await writer.put("quiet", 1);
    expect((await next).value).toMatchObject({ key: "quiet", value: 1, version: told });
    await events.return();
    expect(losses).toEqual([expect.any(Number)]);
    // Without positions it would have resumed there.
    const error = await errorOf(writer.watch({ prefix: "quiet", after }).next());
    expect(error).toMatchObject({ code: "COMPACTED" });
  });
});

/** A connection whose stream the test reads as well, and breaks. */
class BreakableLine {
  readonly #broken = new AbortController();
  #text = "";
  #wake = (): void => undefined;

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await globalThis.fetch(url, init);
    const { signal } = this.#broken;
    if (!url.includes("/watch") || signal.aborted || response.body === null) return response;
    const decoder = new TextDecoder();
    const copy = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        this.#text += decoder.decode(chunk, { stream: true });
        controller.enqueue(chunk);
        this.#wake();
      },
    });
    return new Response(response.body.pipeThrough(copy, { signal }), response);
  };

  /** Waits until the node has said that it is as far as that. */
  async untilAt(sequence: number): Promise<void> {
    const isThere = () =>
      [...this.#text.matchAll(/^: at (\d+)$/gm)].some(([, at]) => Number(at) >= sequence);
    while (!isThere()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  break(): void {
    this.#broken.abort();
  }
}
