/**
 * The generated service, except that a request reaches the handlers as bytes still to be read. So a caller without
 * the right to call costs no decoding, and a malformed request is refused with a stable code; the library would
 * answer with a status alone.
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { failed, type Result, succeeded } from "../../src/errors.ts";
import {
  BatchRequest,
  BulkWriteRequest,
  DeleteRequest,
  KVService,
  ListRequest,
  ReadManyRequest,
  ReadRequest,
  StatusRequest,
  WatchRequest,
  WriteRequest,
} from "./generated/quorumkv/v1/kv.ts";

/** Tags and lengths of one message: many times what a full batch has. Each takes a byte at least. */
const partsMax = 64 * 1024;
const tooManyParts = `The request is a message of more than ${partsMax} parts.`;

/**
 * Throws on text that is not UTF-8: repaired, it would name another key. Also on a message of too many parts: an
 * operation of no bytes takes two on the wire, and a hundred here.
 */
class StrictReader extends BinaryReader {
  constructor(bytes: Buffer) {
    super(bytes);
    if (bytes.length <= partsMax) return;
    const read = this.uint32.bind(this);
    let left = partsMax;
    this.uint32 = () => {
      left -= 1;
      if (left < 0) throw new TooManyParts();
      return read();
    };
  }

  override string(): string {
    return super.string(true);
  }
}

class TooManyParts extends Error {}

const malformed = "The request is not a well-formed protobuf message.";

/** A request that is decoded, strictly, when it is called. */
export type Unread<Request> = () => Result<Request>;

/** The method, with unread requests. */
const checked = <Method, Request>(
  method: Method,
  type: { decode(reader: BinaryReader): Request },
) => ({
  ...method,
  requestDeserialize:
    (bytes: Buffer): Unread<Request> =>
    () => {
      try {
        return succeeded(type.decode(new StrictReader(bytes)));
      } catch (error) {
        const detail = error instanceof TooManyParts ? tooManyParts : malformed;
        return failed("INVALID_ARGUMENT", detail);
      }
    },
});

/** The full name of the public service. */
export const kvServiceName = "quorumkv.v1.KV";

/** Its methods, for the server: each request arrives unread, and what a watch sends is encoded by its handler. */
export const kvDefinition = {
  read: checked(KVService.read, ReadRequest),
  readMany: checked(KVService.readMany, ReadManyRequest),
  list: checked(KVService.list, ListRequest),
  write: checked(KVService.write, WriteRequest),
  delete: checked(KVService.delete, DeleteRequest),
  batch: checked(KVService.batch, BatchRequest),
  // Many streams send the same bytes, which are encoded once.
  watch: { ...checked(KVService.watch, WatchRequest), responseSerialize: (bytes: Buffer) => bytes },
  status: checked(KVService.status, StatusRequest),
  bulkWrite: checked(KVService.bulkWrite, BulkWriteRequest),
} satisfies ServiceDefinition;
