/** Requests that a fuzzer would send: valid ones, nearly valid ones, and nonsense. */
import { request } from "node:http";
import fc from "fast-check";
import type { HttpAnswer } from "./documented.ts";

export interface WildRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

const oddities: readonly unknown[] = [
  ...[null, true, 0, -1, 0.5, 1e21, 2 ** 53, "", "x", "0", "\u0000", "\ud800", "__proto__"],
  ...[[], {}, [[]], { __proto__: 1 }, "é".repeat(600), "k".repeat(1025), "v".repeat(5000)],
];
const odd = fc.oneof(fc.constantFrom(...oddities), fc.jsonValue({ maxDepth: 3 }));
const key = fc.oneof(
  fc.constantFrom("a", "b", "__proto__", "constructor", "hasOwnProperty", "é", "\u0000", "💥"),
  fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }),
);

/** An object whose every field is mostly right, sometimes odd, and which may have others. */
function nearly(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const mostly = Object.entries(fields).map(([name, right]): [string, fc.Arbitrary<unknown>] => [
    name,
    fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: odd }),
  ]);
  const whole = fc.record(Object.fromEntries(mostly), {
    requiredKeys: ["key", "value", "operations"].filter((name) => name in fields),
  });
  const strange = fc
    .tuple(whole, fc.string({ maxLength: 8 }), odd)
    .map(([object, name, value]): unknown => ({ ...object, [name]: value }));
  return fc.oneof({ weight: 10, arbitrary: whole }, { weight: 1, arbitrary: strange });
}

const options = {
  quorum: fc.integer({ min: 0, max: 2 }),
  timeoutMs: fc.integer({ min: 1, max: 5000 }),
  ifVersion: fc.nat(50),
  trace: fc.boolean(),
};
const put = nearly({ key, value: fc.jsonValue({ maxDepth: 4 }), ...options });
const remove = nearly({ key, ...options });
const operation = fc.oneof(
  nearly({ put: nearly({ key, value: fc.jsonValue() }) }),
  nearly({ delete: nearly({ key }) }),
  nearly({ check: nearly({ key, ifVersion: fc.nat(3) }) }),
);
const batch = nearly({ operations: fc.array(operation, { maxLength: 6 }), ...options });
const many = nearly({
  keys: fc.array(key, { maxLength: 6 }),
  consistency: fc.constantFrom("local", "linearizable"),
});
/** Delays that are in range would slow down the well-behaved client: that is not the question. */
const settings = nearly({
  writeQuorum: fc.constantFrom(1, 2),
  minDelay: fc.constantFrom<unknown>(0, -1, 1e9, "1", null, 0.5),
  unknown: fc.constant(1),
});

const text = (json: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> =>
  json.map((value) => Buffer.from(JSON.stringify(value) ?? ""));

/** Bytes with a few of them changed, taken out, or put in twice. */
export function mutated(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const cuts = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)), { minLength: 1, maxLength: 4 });
  return fc.tuple(bytes, cuts).map(([original, changes]) => {
    let changed = original;
    for (const [draw, byte, kind] of changes) {
      const at = changed.length === 0 ? 0 : draw % changed.length;
      const [head, tail] = [changed.subarray(0, at), changed.subarray(at)];
      const middle = kind === 0 ? Buffer.from([byte]) : tail.subarray(0, kind === 1 ? 0 : 4);
      changed = Buffer.concat([head, middle, tail.subarray(kind === 2 ? 0 : 1)]);
    }
    return changed;
  });
}

const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.oneof(text(put), text(remove), text(batch), text(settings), text(many)),
  },
  { weight: 2, arbitrary: mutated(fc.oneof(text(put), text(batch))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
);
const headers = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ "content-type": "application/json" }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Record<string, string>>(
      {},
      { "content-type": "text/plain" },
      { "content-type": "application/json; charset=latin1" },
      { "content-type": "application/json", "content-encoding": "gzip" },
      { "content-type": "application/json", expect: "100-continue" },
      { "content-type": "application/json", "transfer-encoding": "chunked" },
      { "content-type": "application/json", "last-event-id": "x" },
      { "content-type": "application/json", "if-none-match": "*", range: "bytes=0-" },
    ),
  },
);

const path = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      ...["/read", "/write", "/write/batch", "/status", "/cluster", "/config", "/events"],
      ...["/watch", "/livez", "/readyz", "/metrics", "/", "/faults", "/sweeps", "/nodes/leader"],
      ...["/nodes/follower1/read", "/nodes/leader/write", "/nodes/nobody/read"],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...["/%", "/%ff", "/../etc/passwd", "//example.org/", "/nodes/..%2f/read", "/read/", "/READ"],
      ...["/nodes/127.0.0.1:1/read", "/nodes/%00/read", "/nodes//read", "/index.html", "*"],
    ),
  },
);
const parameter = fc.tuple(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("key", "minVersion", "prefix", "limit", "after") },
    { weight: 1, arbitrary: fc.constantFrom("", "x", "key[]", "__proto__", "%ff") },
  ),
  fc.oneof(
    { weight: 3, arbitrary: key.map((raw) => encodeURIComponent(raw.toWellFormed())) },
    { weight: 2, arbitrary: fc.nat(2000).map(String) },
    { weight: 1, arbitrary: fc.constantFrom("%", "%ff", "-1", "1e3", "9".repeat(30), "", "a+b") },
  ),
);
const query = fc
  .array(parameter, { maxLength: 3 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&"));

export const wildRequest: fc.Arbitrary<WildRequest> = fc
  .record({
    method: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom("GET", "PUT", "DELETE", "POST", "PATCH") },
      { weight: 1, arbitrary: fc.constantFrom("HEAD", "OPTIONS", "TRACE", "PURGE", "PROPFIND") },
    ),
    ...{ path, query, headers, body },
    hasBody: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ method, path, query, headers, body, hasBody }) => {
    const sendsBody = method === "GET" || method === "HEAD" ? hasBody === 0 : hasBody > 0;
    return {
      method,
      target: query === "" ? path : `${path}?${query}`,
      headers: sendsBody ? headers : {},
      body: sendsBody ? body : undefined,
    };
  });

/** A write of the kind that should mostly succeed. */
export const wildPut: fc.Arbitrary<{ readonly key: string; readonly value: unknown }> = fc.record({
  key,
  value: fc.oneof(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(...oddities)),
});

/** Sends it as it is. An event stream is left once its head has arrived. */
export function send(url: string, wild: WildRequest): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const { hostname, port } = new URL(url);
  const chunked = "transfer-encoding" in wild.headers || wild.body === undefined;
  const outgoing = request({
    ...{ hostname, port, method: wild.method, path: wild.target, agent: false },
    headers: chunked
      ? wild.headers
      : { ...wild.headers, "content-length": String(wild.body?.length ?? 0) },
    signal: AbortSignal.timeout(120_000),
  });
  outgoing.on("error", reject);
  outgoing.on("response", (incoming) => {
    const { statusCode: status = 0, headers } = incoming;
    const chunks: Buffer[] = [];
    const done = (): void => {
      resolve({ status, headers, text: Buffer.concat(chunks).toString() });
    };
    incoming.on("error", reject);
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", done);
    if (headers["content-type"] === "text/event-stream; charset=utf-8") {
      done();
      incoming.destroy();
    }
  });
  outgoing.end(wild.body);
  return promise;
}
