/** Maps the messages of clients to the requests that REST and gRPC share. */
import { failed, failedBy, type Result, succeeded } from "../../src/errors.ts";
import type {
  ListQuery,
  ReadManyQuery,
  ReadQuery,
  WriteOperation,
  WriteRequest,
} from "../../src/node/api.ts";
import { valueText } from "../json/values.ts";
import { atOperation, checkCount } from "../requests/checks.ts";
import { type FieldNames, RequestChecks, type WatchStart } from "../requests/client-requests.ts";
import type * as wire from "./generated/quorumkv/v1/kv.ts";
import { Consistency } from "./generated/quorumkv/v1/kv.ts";

/** A watch, and whether it is told positions. */
export type AskedStream = WatchStart & {
  readonly positions: boolean;
  readonly isGrouped: boolean;
};

const fieldNames: FieldNames = {
  minVersion: "min_version",
  timeoutMs: "timeout_ms",
  ifVersion: "if_version",
  idempotencyKey: "idempotency_key",
};

/** Reads requests of every form; failures name fields as the `.proto` does. */
export class MessageReader {
  readonly #checks: RequestChecks;

  /** `followers`: how many the cluster has. */
  constructor(followers: number) {
    this.#checks = new RequestChecks(fieldNames, followers);
  }

  /** Read: one key. */
  read({ key, minVersion, consistency }: wire.ReadRequest): Result<ReadQuery> {
    const asked = { key, minVersion: numberOf(minVersion), consistency: wordOf(consistency) };
    return this.#checks.read(asked);
  }

  /** ReadMany: several keys in one view. */
  readMany({ keys, minVersion, consistency }: wire.ReadManyRequest): Result<ReadManyQuery> {
    const asked = { keys, minVersion: numberOf(minVersion), consistency: wordOf(consistency) };
    return this.#checks.readMany(asked);
  }

  /** List: a page of keys. */
  list({ prefix, limit, after, consistency }: wire.ListRequest): Result<ListQuery> {
    return this.#checks.list({ prefix, limit, after, consistency: wordOf(consistency) });
  }

  /** Watch: where the stream starts, and whether it has positions. */
  watch({
    prefix,
    after,
    positions = false,
    grouped = false,
  }: wire.WatchRequest): Result<AskedStream> {
    const start = this.#checks.watch({ prefix, after: numberOf(after), afterName: "after" });
    return start.ok ? succeeded({ ...start.value, positions, isGrouped: grouped }) : start;
  }

  /** Write: puts one key. */
  put({ key, value, options }: wire.WriteRequest): Result<WriteRequest> {
    const text = valueText(value);
    return text.ok ? this.#write([{ key, value: text.value }], options, false) : text;
  }

  /** Delete: removes one key. */
  remove({ key, options }: wire.DeleteRequest): Result<WriteRequest> {
    return this.#write([{ key }], options, false);
  }

  /** Batch, and each write of BulkWrite: a list of operations. */
  batch({
    operations: given,
    options,
  }: Pick<wire.BatchRequest, "operations" | "options">): Result<WriteRequest> {
    const countFault = checkCount(given.length);
    if (countFault !== undefined) return failedBy(countFault);
    const operations: WriteOperation[] = [];
    for (const [index, operation] of given.entries()) {
      const asked = writeOperation(operation);
      if (!asked.ok) return failedBy(atOperation(index, asked.failure));
      operations.push(asked.value);
    }
    return this.#write(operations, options, true);
  }

  #write(
    operations: readonly WriteOperation[],
    options: wire.WriteOptions | undefined,
    isBatch: boolean,
  ): Result<WriteRequest> {
    const { ifVersion, ...rest } = options ?? {};
    const shared = { ...rest, ifVersion: numberOf(ifVersion) };
    return this.#checks.write({ operations, isBatch, ...shared });
  }
}

/** A uint64 in decimal digits, as the message holds it. Above 2^53 it is inexact, and no range has it. */
const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

/** As REST has it; a number that stands for nothing becomes a word that means nothing. */
function wordOf(consistency: Consistency | undefined): string | undefined {
  switch (consistency) {
    case undefined:
    case Consistency.CONSISTENCY_UNSPECIFIED:
      return undefined;
    case Consistency.CONSISTENCY_LINEARIZABLE:
      return "linearizable";
    case Consistency.CONSISTENCY_LOCAL:
      return "local";
    default:
      return String(consistency);
  }
}

/** One operation of a batch, its value as the text to store. */
function writeOperation({
  operation,
  ifVersion: given,
}: wire.BatchOperation): Result<WriteOperation> {
  const ifVersion = numberOf(given);
  switch (operation?.$case) {
    case "put": {
      const { key, value } = operation.value;
      const text = valueText(value);
      return text.ok ? succeeded({ key, value: text.value, ifVersion }) : text;
    }
    case "remove":
      return succeeded({ key: operation.value.key, ifVersion });
    case "check":
      return succeeded({ key: operation.value.key, ifVersion, isCheck: true });
    case undefined:
      return failed("INVALID_ARGUMENT", 'it must hold either "put", "remove" or "check".');
  }
}
