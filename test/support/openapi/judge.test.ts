/** The judge of answers finds what the document does not say. */
import { beforeAll, expect, test } from "vitest";
import { serveDocument } from "./document.ts";
import { type Exchange, Judge } from "./judge.ts";

let judge: Judge;
beforeAll(async () => {
  judge = new Judge(await serveDocument());
});

const headers = {
  "x-kv-node": ["leader"],
  "x-kv-role": ["leader"],
  "x-kv-sequence": ["7"],
  "cache-control": ["no-store"],
  "content-security-policy": ["default-src 'none'"],
  "cross-origin-resource-policy": ["same-origin"],
  "x-content-type-options": ["nosniff"],
  "content-type": ["application/json"],
};
const receipt = { key: "a", version: 7, quorum: 1, acks: ["follower1"], latencyMs: 0.5 };

/** A write that is as documented, but for the given parts. */
const faultsOf = (
  given: Partial<Omit<Exchange, "headers" | "body">> & { headers?: object; body?: object } = {},
): string =>
  judge
    .faultsOf({
      ...{ method: "PUT", target: "/write", status: 200 },
      requestBody: Buffer.from('{"key":"a","value":1}'),
      ...given,
      headers: new Map(Object.entries({ ...headers, ...given.headers })),
      body: Buffer.from(JSON.stringify(given.body ?? receipt)),
    })
    .join();

test("an answer as documented has no fault", () => {
  expect(faultsOf()).toBe("");
  expect(faultsOf({ target: "/nodes/follower1/write" })).toBe("");
});

test.each([
  ["a path", { target: "/rite" }, "neither path nor method"],
  ["a method", { method: "PATCH" }, "neither path nor method"],
  ["a status", { status: 201 }, "the status is not documented"],
  ["a header", { headers: { "x-else": ["1"] } }, "header x-else is not documented"],
  ["a wrong header", { headers: { "x-kv-role": ["king"] } }, "header x-kv-role is king"],
  ["a content type", { headers: { "content-type": ["text/html"] } }, "content type text/html"],
  ["a further member", { body: { ...receipt, more: 1 } }, "additional properties"],
  ["a wrong member", { body: { ...receipt, version: "7" } }, "/version must be integer"],
  ["a parameter", { target: "/write?x=1" }, "query parameter x"],
  ["a request", { requestBody: Buffer.from('{"key":"a"}') }, "required property 'value'"],
] as const)("%s that is not documented is a fault", (_what, given, said) => {
  expect(faultsOf(given)).toContain(said);
  if ("target" in given) return;
  expect(faultsOf({ ...given, target: "/nodes/follower1/write" })).toContain(said);
});

test("a header that is missing is a fault", () => {
  const { "x-kv-node": _, ...others } = headers;
  const exchange = { method: "GET", target: "/livez", status: 200, requestBody: Buffer.alloc(0) };
  const body = Buffer.from('{"status":"ok"}');
  const faults = judge.faultsOf({ ...exchange, headers: new Map(Object.entries(others)), body });
  expect(faults).toEqual(["GET /livez 200: header X-KV-Node is missing"]);
});

test("an event that is not documented is a fault", () => {
  const stream = {
    "content-type": ["text/event-stream; charset=utf-8"],
    "x-accel-buffering": ["no"],
  };
  const asked = { method: "GET", target: "/watch?after=0", status: 200 };
  const exchange = { ...asked, requestBody: Buffer.alloc(0) };
  const judged = (text: string) =>
    judge.faultsOf({
      ...exchange,
      headers: new Map(Object.entries({ ...headers, ...stream })),
      body: Buffer.from(text),
    });
  expect(judged('event: delete\ndata: {"key":"a","version":1}\n\n')).toEqual([]);
  expect(judged("event: moved\ndata: {}\n\n").join()).toContain("event moved is not documented");
  expect(judged('event: put\ndata: {"key":"a"}\n\n').join()).toContain("required property");
});
