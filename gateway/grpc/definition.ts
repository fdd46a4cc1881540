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

/** Throws on text that is not UTF-8: repaired, it would name another key. */
class StrictReader extends BinaryReader {
  override string(): string {
    return super.string(true);
  }
}

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
      } catch {
        return failed("INVALID_ARGUMENT", "The request is not a well-formed protobuf message.");
      }
    },
});

/** The full name of the public service. */
export const kvServiceName = "quorumkv.v1.KV";

/** Its methods, for the server: each request arrives unread. */
export const kvDefinition = {
  read: checked(KVService.read, ReadRequest),
  readMany: checked(KVService.readMany, ReadManyRequest),
  list: checked(KVService.list, ListRequest),
  write: checked(KVService.write, WriteRequest),
  delete: checked(KVService.delete, DeleteRequest),
  batch: checked(KVService.batch, BatchRequest),
  watch: checked(KVService.watch, WatchRequest),
  status: checked(KVService.status, StatusRequest),
  bulkWrite: checked(KVService.bulkWrite, BulkWriteRequest),
} satisfies ServiceDefinition;
