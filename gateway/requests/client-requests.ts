/**
 * What clients ask for, in one shape for both edges. REST and gRPC each map their own form to it,
 * and the same code checks it and makes the node's request of it.
 *
 * A number that an edge could not read, such as text where a number belongs, is NaN: no range has it.
 */
import {
  type Failure,
  failedBy,
  failureOf,
  type Result,
  succeeded,
  unless,
} from "../../src/errors.ts";
import {
  type Consistency,
  consistencies,
  type ListQuery,
  type ReadManyQuery,
  type ReadQuery,
  type WriteOperation,
  type WriteRequest,
} from "../../src/node/api.ts";
import { quorumRange } from "../../src/node/quorum.ts";
import { listLimitDefault, listLimitMax, timeoutMsMax } from "../../src/request-limits.ts";
import type { WholeRange } from "../../src/whole-range.ts";
import {
  atOperation,
  checkKey,
  checkKeyPart,
  checkKeys,
  checkOperations,
  checkWhole,
  versionRange,
} from "./checks.ts";
import { checkIdempotencyKey, hashOf } from "./idempotency.ts";

/** A write of one operation, or a batch. Absent options follow the node's settings. */
export interface AskedWrite {
  /** Values are JSON text that an edge has checked. Without a version of its own an operation takes `ifVersion`. */
  readonly operations: readonly WriteOperation[];
  /** The call takes a list: a fault then names the place of its operation. */
  readonly isBatch: boolean;
  readonly quorum?: number | undefined;
  /** Milliseconds. */
  readonly timeoutMs?: number | undefined;
  readonly ifVersion?: number | undefined;
  readonly trace?: boolean | undefined;
  /** Sent again with the same key, the write takes effect once. */
  readonly idempotencyKey?: string | undefined;
}

/** A read of one key. */
interface AskedRead {
  readonly key: string;
  readonly minVersion: number | undefined;
  /** Absent: the default of the node. */
  readonly consistency?: string | undefined;
}

/** A read of several keys. */
interface AskedReadMany {
  readonly keys: readonly string[];
  readonly minVersion?: number | undefined;
  readonly consistency?: string | undefined;
}

/** A page of keys. */
interface AskedList {
  readonly prefix: string | undefined;
  readonly limit: number | undefined;
  readonly after: string | undefined;
  readonly consistency?: string | undefined;
}

/** Where a watch starts; `afterName` is the field that `after` came from. */
interface AskedWatch {
  readonly prefix: string | undefined;
  readonly after: number | undefined;
  readonly afterName: string;
}

/** A checked AskedWatch. */
export interface WatchStart {
  readonly prefix: string;
  /** A sequence; undefined: from now on. */
  readonly after: number | undefined;
}

/** The fields that an edge may spell in its own way, as its failures name them. */
export interface FieldNames {
  readonly minVersion: string;
  readonly timeoutMs: string;
  readonly ifVersion: string;
  readonly idempotencyKey: string;
}

const limitRange: WholeRange = { min: 1, max: listLimitMax };
/** Milliseconds that a write may wait for its quorum. */
export const timeoutRange: WholeRange = { min: 1, max: timeoutMsMax };

/** Turns what clients ask for into requests to the node, or the failure to answer. */
export class RequestChecks {
  readonly #names: FieldNames;
  readonly #quorums: WholeRange;

  /** `followers`: how many the cluster has; a write may ask for that many acks. */
  constructor(names: FieldNames, followers: number) {
    this.#names = names;
    this.#quorums = quorumRange(followers);
  }

  /** Options are checked before operations; the first fault is the answer. */
  write(asked: AskedWrite): Result<WriteRequest> {
    const { isBatch, quorum, timeoutMs, trace, idempotencyKey } = asked;
    const operations = asked.operations.map((operation) => ({
      ...operation,
      ifVersion: operation.ifVersion ?? asked.ifVersion,
    }));
    const fault =
      checkOptional(quorum, "quorum", this.#quorums) ??
      checkOptional(timeoutMs, this.#names.timeoutMs, timeoutRange) ??
      checkOptional(asked.ifVersion, this.#names.ifVersion, versionRange) ??
      checkIdempotencyKey(idempotencyKey, this.#names.idempotencyKey) ??
      this.#operationsFault(operations, isBatch);
    if (fault !== undefined) return failedBy(fault);
    const idempotency =
      idempotencyKey === undefined
        ? undefined
        : { key: idempotencyKey, request: hashOf({ operations, isBatch, quorum }) };
    return succeeded({ operations, isBatch, quorum, timeoutMs, trace, idempotency });
  }

  /** INVALID_ARGUMENT or TOO_LARGE for a bad key, INVALID_ARGUMENT for a bad version. */
  read({ key, minVersion, consistency: asked }: AskedRead): Result<ReadQuery> {
    const consistency = consistencies.find((one) => one === asked);
    const fault =
      checkKey(key) ??
      checkOptional(minVersion, this.#names.minVersion, versionRange) ??
      consistencyFault(asked, consistency);
    return unless(fault, { key, minVersion, consistency });
  }

  /** The same for several keys. */
  readMany({ keys, minVersion, consistency: asked }: AskedReadMany): Result<ReadManyQuery> {
    const consistency = consistencies.find((one) => one === asked);
    const fault =
      checkKeys(keys) ??
      checkOptional(minVersion, this.#names.minVersion, versionRange) ??
      consistencyFault(asked, consistency);
    return unless(fault, { keys, minVersion, consistency });
  }

  /** A list without a limit gets the default one. */
  list(asked: AskedList): Result<ListQuery> {
    const { prefix = "", limit = listLimitDefault, after } = asked;
    const consistency = consistencies.find((one) => one === asked.consistency);
    const fault =
      checkWhole(limit, "limit", limitRange) ??
      checkKeyPart(prefix, "prefix") ??
      checkKeyPart(after ?? "", "after") ??
      consistencyFault(asked.consistency, consistency);
    return unless(fault, { prefix, limit, after, consistency });
  }

  /** Checks where a watch starts; whether the log reaches back that far is for the node to say. */
  watch({ prefix = "", after, afterName }: AskedWatch): Result<WatchStart> {
    const fault = checkKeyPart(prefix, "prefix") ?? checkOptional(after, afterName, versionRange);
    return unless(fault, { prefix, after });
  }

  /** In a batch the failure names the place of its operation. */
  #operationsFault(operations: readonly WriteOperation[], isBatch: boolean): Failure | undefined {
    for (const [index, { ifVersion, isCheck = false }] of operations.entries()) {
      const name = this.#names.ifVersion;
      const fault =
        isCheck && ifVersion === undefined
          ? failureOf("INVALID_ARGUMENT", `a check must have "${name}".`)
          : checkOptional(ifVersion, name, versionRange);
      if (fault !== undefined) return atOperation(index, fault);
    }
    const [only] = operations;
    if (!isBatch && only !== undefined) return checkKey(only.key) ?? checkOperations(operations);
    return checkOperations(operations);
  }
}

/** INVALID_ARGUMENT for a word that names none. */
const consistencyFault = (
  asked: string | undefined,
  found: Consistency | undefined,
): Failure | undefined =>
  asked === found
    ? undefined
    : failureOf("INVALID_ARGUMENT", `"consistency" must be ${consistencies.join(" or ")}.`);

const checkOptional = (
  value: number | undefined,
  name: string,
  range: WholeRange,
): Failure | undefined => (value === undefined ? undefined : checkWhole(value, name, range));
