/** Maps the messages of clients to the requests that REST and gRPC share. */
import { failed, failedBy, type Result, succeeded } from "../../src/errors.ts";
import type { ListQuery, ReadQuery, WriteRequest } from "../../src/node/api.ts";
import { valueText } from "../json/values.ts";
import { atOperation, checkCount } from "../requests/checks.ts";
import {
  type AskedOperation,
  type FieldNames,
  RequestChecks,
  type WatchStart,
} from "../requests/client-requests.ts";
import type * as wire from "./generated/quorumkv/v1/kv.ts";

const fieldNames: FieldNames = {
  minVersion: "min_version",
  timeoutMs: "timeout_ms",
  ifVersion: "if_version",
};

/** Reads requests of every form; failures name fields as the `.proto` does. */
export class MessageReader {
  readonly #checks: RequestChecks;

  /** `followers`: how many the cluster has. */
  constructor(followers: number) {
    this.#checks = new RequestChecks(fieldNames, followers);
  }

  read({ key, minVersion }: wire.ReadRequest): Result<ReadQuery> {
    return this.#checks.read({ key, minVersion: numberOf(minVersion) });
  }

  list({ prefix, limit, after }: wire.ListRequest): Result<ListQuery> {
    return this.#checks.list({ prefix, limit, after });
  }

  watch({ prefix, after }: wire.WatchRequest): Result<WatchStart> {
    return this.#checks.watch({ prefix, after: numberOf(after), afterName: "after" });
  }

  put({ key, value, options }: wire.WriteRequest): Result<WriteRequest> {
    const text = valueText(value);
    return text.ok ? this.#write([{ key, value: text.value }], options, false) : text;
  }

  remove({ key, options }: wire.DeleteRequest): Result<WriteRequest> {
    return this.#write([{ key }], options, false);
  }

  batch({
    operations: given,
    options,
  }: Pick<wire.BatchRequest, "operations" | "options">): Result<WriteRequest> {
    const countFault = checkCount(given.length);
    if (countFault !== undefined) return failedBy(countFault);
    const operations: AskedOperation[] = [];
    for (const [index, operation] of given.entries()) {
      const asked = askedOperation(operation);
      if (!asked.ok) return failedBy(atOperation(index, asked.failure));
      operations.push(asked.value);
    }
    return this.#write(operations, options, true);
  }

  #write(
    operations: readonly AskedOperation[],
    options: wire.WriteOptions | undefined,
    isBatch: boolean,
  ): Result<WriteRequest> {
    const { quorum, timeoutMs, trace, ifVersion } = options ?? {};
    const shared = { quorum, timeoutMs, trace, ifVersion: numberOf(ifVersion) };
    return this.#checks.write({ operations, isBatch, ...shared });
  }
}

/** Any uint64 as a client sends it, in decimal digits. Above 2^53 it is not exact, and no range has it. */
const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

function askedOperation({
  operation,
  ifVersion: given,
}: wire.BatchOperation): Result<AskedOperation> {
  const ifVersion = numberOf(given);
  switch (operation?.$case) {
    case "put": {
      const { key, value } = operation.value;
      const text = valueText(value);
      return text.ok ? succeeded({ key, value: text.value, ifVersion }) : text;
    }
    case "remove":
      return succeeded({ key: operation.value.key, ifVersion });
    case undefined:
      return failed("INVALID_ARGUMENT", 'it must hold either "put" or "remove".');
  }
}
