/** What clients ask, checked: from generated messages to the node's requests. */
import { type Failure, failed, type Result, succeeded } from "../../src/errors.ts";
import type { ListQuery, ReadQuery, WriteOperation, WriteRequest } from "../../src/node/api.ts";
import {
  checkKey,
  checkKeyPart,
  checkOperations,
  checkWhole,
  listLimitDefault,
  listLimitMax,
  operationsMax,
  timeoutMsMax,
} from "../../src/request-limits.ts";
import { valueText } from "../json/values.ts";
import type * as wire from "./generated/quorumkv/v1/kv.ts";
import { readWhole } from "./whole.ts";

export const readQuery = ({ key, minVersion: given }: wire.ReadRequest): Result<ReadQuery> => {
  const minVersion = readWhole(given, "min_version");
  return minVersion.ok ? unless(checkKey(key), { key, minVersion: minVersion.value }) : minVersion;
};

export const listQuery = (request: wire.ListRequest): Result<ListQuery> => {
  const { prefix, limit = listLimitDefault, after } = request;
  const fault =
    checkKeyPart(prefix, "prefix") ??
    (after === undefined ? undefined : checkKeyPart(after, "after")) ??
    checkWhole(limit, "limit", { min: 1, max: listLimitMax });
  return unless(fault, { prefix, limit, after });
};

/** Reads writes of every form; `followers` bounds the quorum that may be asked for. */
export class WriteReader {
  readonly #followers: number;

  constructor(followers: number) {
    this.#followers = followers;
  }

  put({ key, value, options }: wire.WriteRequest): Result<WriteRequest> {
    const put: wire.BatchOperation = { operation: { $case: "put", value: { key, value } } };
    return this.batch([put], options);
  }

  remove({ key, options }: wire.DeleteRequest): Result<WriteRequest> {
    return this.batch([{ operation: { $case: "remove", value: { key } } }], options);
  }

  batch(
    given: readonly wire.BatchOperation[],
    options: wire.WriteOptions | undefined,
  ): Result<WriteRequest> {
    const fault = this.#optionsFault(options) ?? countFault(given);
    if (fault !== undefined) return { ok: false, failure: fault };
    const ifVersion = readWhole(options?.ifVersion, "if_version");
    if (!ifVersion.ok) return ifVersion;
    const operations: WriteOperation[] = [];
    for (const operation of given) {
      const read = writeOperation(operation, ifVersion.value);
      if (!read.ok) return read;
      operations.push(read.value);
    }
    return unless(checkOperations(operations), {
      operations,
      quorum: options?.quorum,
      timeoutMs: options?.timeoutMs,
      trace: options?.trace,
    });
  }

  #optionsFault(options: wire.WriteOptions | undefined): Failure | undefined {
    const { quorum, timeoutMs } = options ?? {};
    const quorums = { min: 0, max: this.#followers };
    return (
      (quorum === undefined ? undefined : checkWhole(quorum, "quorum", quorums)) ??
      (timeoutMs === undefined
        ? undefined
        : checkWhole(timeoutMs, "timeout_ms", { min: 1, max: timeoutMsMax }))
    );
  }
}

/** Counted before anything else: a message may hold half a million operations. */
const countFault = ({ length }: readonly unknown[]): Failure | undefined =>
  length >= 1 && length <= operationsMax ? undefined : checkOperations([]);

/** An operation without a version of its own takes the one that all of them share, if any. */
const writeOperation = (
  { operation, ifVersion: given }: wire.BatchOperation,
  sharedVersion: number | undefined,
): Result<WriteOperation> => {
  const ownVersion = readWhole(given, "if_version");
  if (!ownVersion.ok) return ownVersion;
  const ifVersion = ownVersion.value ?? sharedVersion;
  switch (operation?.$case) {
    case "put": {
      const { key, value } = operation.value;
      const text = valueText(value);
      return text.ok ? succeeded({ key, value: text.value, ifVersion }) : text;
    }
    case "remove":
      return succeeded({ key: operation.value.key, ifVersion });
    case undefined:
      return failed("INVALID_ARGUMENT", 'An operation must hold either "put" or "remove".');
  }
};

const unless = <T>(fault: Failure | undefined, value: T): Result<T> =>
  fault === undefined ? succeeded(value) : { ok: false, failure: fault };
