/** Messages that a fuzzer would send over gRPC, and bytes that are no message at all. */
import fc from "fast-check";
import {
  BatchRequest,
  BulkWriteRequest,
  DeleteRequest,
  ListRequest,
  ReadManyRequest,
  ReadRequest,
  WriteRequest,
} from "../../gateway/grpc/generated/quorumkv/v1/kv.ts";
import { mutated } from "./requests.ts";

const version = fc.option(fc.oneof(fc.nat(100), fc.bigInt(0n, 2n ** 64n - 1n)).map(String), {
  nil: undefined,
});
const limit = fc.option(fc.nat(100), { nil: undefined });
const text = fc.oneof(
  fc.constantFrom("a", "", "__proto__", "é", '"x"', "{}", "[1", "k".repeat(1025)),
  fc.string({ maxLength: 30 }),
);
const writeOptions = fc.option(
  fc.record({
    ...{ quorum: fc.nat(4), timeoutMs: fc.nat(3000), ifVersion: version, trace: fc.boolean() },
  }),
  { nil: undefined },
);
const operation = fc.record({
  operation: fc.oneof(
    fc.record({ $case: fc.constant("put" as const), value: fc.record({ key: text, value: text }) }),
    fc.record({ $case: fc.constant("remove" as const), value: fc.record({ key: text }) }),
    fc.record({ $case: fc.constant("check" as const), value: fc.record({ key: text }) }),
    fc.constant(undefined),
  ),
  ifVersion: version,
});
const bytes = (array: Uint8Array): Buffer => Buffer.from(array);
const messages: readonly (readonly [method: string, message: fc.Arbitrary<Buffer>])[] = [
  [
    "Read",
    fc.record({ key: text, minVersion: version }).map((m) => bytes(ReadRequest.encode(m).finish())),
  ],
  [
    "ReadMany",
    fc
      .record({ keys: fc.array(text, { maxLength: 4 }), minVersion: version })
      .map((m) => bytes(ReadManyRequest.encode(m).finish())),
  ],
  [
    "List",
    fc
      .record({ prefix: text, limit, after: fc.option(text, { nil: undefined }) })
      .map((m) => bytes(ListRequest.encode(m).finish())),
  ],
  [
    "Write",
    fc
      .record({ key: text, value: text, options: writeOptions })
      .map((m) => bytes(WriteRequest.encode(m).finish())),
  ],
  [
    "Delete",
    fc
      .record({ key: text, options: writeOptions })
      .map((m) => bytes(DeleteRequest.encode(m).finish())),
  ],
  [
    "Batch",
    fc
      .record({ operations: fc.array(operation, { maxLength: 5 }), options: writeOptions })
      .map((m) => bytes(BatchRequest.encode(m).finish())),
  ],
  ["Status", fc.constant(Buffer.alloc(0))],
];
/** A method's name and the bytes of its request. */
export const wildMessage = fc.oneof(
  ...messages.map(([method, message]) =>
    fc.tuple(
      fc.constant(method),
      fc.oneof(
        { weight: 3, arbitrary: message },
        { weight: 2, arbitrary: mutated(message) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map(bytes) },
      ),
    ),
  ),
);

const bulkItem = fc.record({
  id: fc.bigInt(0n, 2n ** 64n - 1n).map(String),
  operations: fc.array(operation, { maxLength: 4 }),
  options: writeOptions,
});
const nobody = { id: "0", operations: [], options: undefined };
/** One write, many, or both, which is forbidden. */
const bulk = fc
  .tuple(
    fc.oneof(fc.constant(nobody), bulkItem),
    fc.array(fc.oneof(fc.constant(nobody), bulkItem), { maxLength: 20 }),
  )
  .map(([single, writes]) => bytes(BulkWriteRequest.encode({ ...single, writes }).finish()));

/** One message of a bulk write. */
export const wildBulkWrite = fc.oneof(bulk, mutated(bulk));

const goodRequest = Buffer.from(
  'PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n{"key":"a","value":1}',
);
/** For a bare socket. */
export const rawBytes = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }).map(bytes),
  mutated(fc.constant(goodRequest)),
  mutated(fc.constant(Buffer.concat([goodRequest, goodRequest]))),
  fc.constantFrom(
    Buffer.from("\r\n".repeat(5000)),
    Buffer.from(`GET /${"a".repeat(100_000)} HTTP/1.1\r\n\r\n`),
    Buffer.from(`GET / HTTP/1.1\r\n${"X: y\r\n".repeat(5000)}\r\n`),
    Buffer.from("GET / HTTP/9.9\r\n\r\n"),
    Buffer.from("POST /write HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n"),
    Buffer.from("PUT /write HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]),
  ),
);
