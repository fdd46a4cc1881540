/** Large answers go out compressed to clients that take gzip. */
import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import type { Request } from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createIntake } from "../src/intake/intake.ts";
import { openStream } from "../test/support/event-source.ts";
import { ask } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";
import { type Answer, ok } from "./answers.ts";
import { Compression } from "./compression.ts";

let cluster: SmallCluster;
let url: string;
const value = "many words ".repeat(10_000);
beforeAll(async () => {
  cluster = await startSmallCluster({ followers: 1 });
  url = cluster.leader.gateway.url;
  for (const [key, text] of [
    ["large", value],
    ["small", "x".repeat(900)],
  ]) {
    const { status } = await ask(url, "/write", { method: "PUT", body: { key, value: text } });
    expect(status).toBe(200);
  }
});
afterAll(() => cluster.close());

interface Received {
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly bytes: Buffer;
}

/** `encoding` is sent as Accept-Encoding. */
const receive = (target: string, encoding?: string, method = "GET"): Promise<Received> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const headers = encoding === undefined ? {} : { "accept-encoding": encoding };
    const sent = request({ hostname, port, path: target, method, headers, agent: false });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("error", reject);
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ headers: response.headers, bytes: Buffer.concat(chunks) }),
      );
    });
    sent.end();
  });

test.each([
  "/read?key=large",
  "/read?key=large&raw=true",
  "/read?prefix=",
  "/metrics",
  "/nodes/follower1/read?key=large&minVersion=2",
])("%s is compressed, and is the same text", async (target) => {
  const zipped = await receive(target, "br;q=1, gzip;q=0.8, *;q=0.1");
  expect(zipped.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
  expect(zipped.headers["content-length"]).toBe(String(zipped.bytes.length));
  const plain = await receive(target);
  expect(plain.headers).toMatchObject({ vary: "Accept-Encoding" });
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(zipped.bytes.length).toBeLessThan(plain.bytes.length / 3);
  if (target !== "/metrics") expect(gunzipSync(zipped.bytes)).toEqual(plain.bytes);
});

test.each(["identity", "gzip;q=0", "br", "identity, gzip;q=0.5", "*;q=0", ""])(
  "Accept-Encoding: %s gets the plain text",
  async (encoding) => {
    const { headers, bytes } = await receive("/read?key=large&raw=true", encoding);
    expect(headers["content-encoding"]).toBeUndefined();
    expect(bytes.toString()).toBe(JSON.stringify(value));
  },
);

test("a small answer is not compressed", async () => {
  const { headers } = await receive("/read?key=small", "gzip");
  expect([headers["content-encoding"], headers["vary"]]).toEqual([undefined, undefined]);
});

test("each form has a tag of its own; either is known by its client", async () => {
  const zipped = await receive("/read?key=large", "gzip");
  const plain = await receive("/read?key=large");
  expect([plain.headers["etag"], zipped.headers["etag"]]).toEqual(['"1"', '"1-gzip"']);
  for (const [encoding, etag] of [
    ["gzip", '"1-gzip"'],
    ["identity", '"1"'],
  ] as const) {
    const headers = { "accept-encoding": encoding, "if-none-match": etag };
    const answer = await ask(url, "/read?key=large", { headers });
    expect(answer).toMatchObject({ status: 304, headers: { etag, vary: "Accept-Encoding" } });
    expect(answer.headers["content-encoding"]).toBeUndefined();
  }
});

test("HEAD has the headers of the compressed answer", async () => {
  const { headers, bytes } = await receive("/read?key=large", "gzip", "HEAD");
  expect(headers).toMatchObject({ "content-encoding": "gzip", etag: '"1-gzip"' });
  expect([headers["content-length"], bytes.length]).toEqual([undefined, 0]);
});

test("an event stream is never compressed", async () => {
  const stream = await openStream(url, "/watch?after=0", { "accept-encoding": "gzip" });
  expect(stream.response.headers["content-encoding"]).toBeUndefined();
  expect((await stream.next()).event).toBe("put");
  await stream.close();
});

describe("what compression may take", () => {
  const client = {
    method: "GET",
    headers: {},
    acceptsEncodings: () => "gzip",
  } as unknown as Request;
  const large: Answer = ok(value);

  test("two answers at a time; the next go out as they are", async () => {
    const { answers } = createIntake();
    const compression = new Compression(answers);
    const forms = Array.from({ length: 3 }, () => compression.formOf(client, large));
    expect(forms.map((form) => form instanceof Promise)).toEqual([true, true, false]);
    expect(answers.bytes).toBeGreaterThanOrEqual(2 * value.length);
    await Promise.all(forms);
    expect(answers.bytes).toBe(0);
    expect(compression.formOf(client, large)).toBeInstanceOf(Promise);
  });

  test("without room in memory an answer goes out as it is", async () => {
    const { answers } = createIntake();
    const full = answers.open(() => {});
    full.take(answers.bytesMax - value.length);
    expect(await new Compression(answers).formOf(client, large)).toMatchObject({ body: value });
    full.release();
  });
});
