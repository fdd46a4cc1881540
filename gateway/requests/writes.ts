/** What a client may say about a write, for single writes and batches alike. */
import { z } from "zod";
import type { Config } from "../../src/config.ts";
import { type Failure, failed, type Result, succeeded } from "../../src/errors.ts";
import type { WriteOperation, WriteRequest } from "../../src/node/api.ts";
import {
  checkConditions,
  checkKey,
  operationsMax,
  timeoutMsMax,
} from "../../src/request-limits.ts";
import { JsonText, type Shape } from "../json/values.ts";
import { readFields, strict } from "./fields.ts";

const whole = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};
const text = z.string({ error: "must be a string" });
/** Checked when the body was parsed. */
const anyValue = z.instanceof(JsonText, { error: "is missing" });
const version = whole(0, Number.MAX_SAFE_INTEGER).optional();

const putShape: Shape = { members: { value: "value" } };
const batchShape: Shape = {
  members: { operations: { items: { members: { put: putShape } } } },
};

/** Reads the body of one call; `shape` says where it holds values. */
export interface WriteReader {
  readonly shape: Shape | undefined;
  read(body: unknown): Result<WriteRequest>;
}

export interface WriteReaders {
  /** The body of PUT /write. */
  readonly put: WriteReader;
  /** The body of DELETE /write. */
  readonly remove: WriteReader;
  /** The body of POST /write/batch. */
  readonly batch: WriteReader;
}

export const createWriteReaders = (config: Config): WriteReaders => {
  const options = {
    quorum: whole(0, config.nodes.length - 1).optional(),
    timeoutMs: whole(1, timeoutMsMax).optional(),
    ifVersion: version,
    trace: z.boolean({ error: "must be true or false" }).optional(),
  };
  const put = z.strictObject({ key: text, value: anyValue, ...options }, strict);
  const remove = z.strictObject({ key: text, ...options }, strict);
  const batch = z.strictObject({ operations: z.array(operation), ...options }, strict);
  return {
    put: {
      shape: putShape,
      read: (body) => {
        const fields = readFields(put, body);
        if (!fields.ok) return fields;
        const { key, value, ifVersion, ...rest } = fields.value;
        const operation = putOperation(key, value, ifVersion);
        return operation.ok ? succeeded({ operations: [operation.value], ...rest }) : operation;
      },
    },
    remove: {
      shape: undefined,
      read: (body) => {
        const fields = readFields(remove, body);
        if (!fields.ok) return fields;
        const { key, ifVersion, ...rest } = fields.value;
        const fault = checkKey(key);
        if (fault !== undefined) return { ok: false, failure: fault };
        return succeeded({ operations: [{ key, ifVersion }], ...rest });
      },
    },
    batch: {
      shape: batchShape,
      read: (body) => {
        const fault = countFault(body);
        if (fault !== undefined) return { ok: false, failure: fault };
        const fields = readFields(batch, body);
        if (!fields.ok) return fields;
        const { operations, ifVersion, ...rest } = fields.value;
        const read = readOperations(operations, ifVersion);
        return read.ok ? succeeded({ operations: read.value, ...rest }) : read;
      },
    },
  };
};

const oneOperation = 'must hold either "put" or "delete"';
const operation = z
  .strictObject(
    {
      put: z.strictObject({ key: text, value: anyValue, ifVersion: version }, strict).optional(),
      delete: z.strictObject({ key: text, ifVersion: version }, strict).optional(),
    },
    strict,
  )
  .refine((given) => (given.put === undefined) !== (given.delete === undefined), {
    error: oneOperation,
  });

/** Counted before anything else: a body may hold half a million operations. */
const countFault = (body: unknown): Failure | undefined => {
  const operations: unknown =
    typeof body === "object" && body !== null && "operations" in body ? body.operations : undefined;
  if (!Array.isArray(operations)) {
    return failed("INVALID_ARGUMENT", '"operations" must be a list.').failure;
  }
  if (operations.length >= 1 && operations.length <= operationsMax) return undefined;
  const detail = `"operations" must be a list of 1 to ${operationsMax}; it has ${operations.length}.`;
  return { code: "INVALID_ARGUMENT", detail };
};

const readOperations = (
  given: readonly z.infer<typeof operation>[],
  ifVersion: number | undefined,
): Result<readonly WriteOperation[]> => {
  const operations: WriteOperation[] = [];
  for (const [index, { put, delete: remove }] of given.entries()) {
    const read =
      put === undefined
        ? deleteOperation(remove?.key ?? "", remove?.ifVersion ?? ifVersion)
        : putOperation(put.key, put.value, put.ifVersion ?? ifVersion);
    if (!read.ok) return failed(read.failure.code, `Operation ${index}: ${read.failure.detail}`);
    operations.push(read.value);
  }
  const conflict = checkConditions(operations);
  return conflict === undefined ? succeeded(operations) : { ok: false, failure: conflict };
};

const deleteOperation = (key: string, ifVersion: number | undefined): Result<WriteOperation> => {
  const fault = checkKey(key);
  return fault === undefined ? succeeded({ key, ifVersion }) : { ok: false, failure: fault };
};

const putOperation = (
  key: string,
  { text: value }: JsonText,
  ifVersion: number | undefined,
): Result<WriteOperation> => {
  const fault = checkKey(key);
  return fault === undefined ? succeeded({ key, value, ifVersion }) : { ok: false, failure: fault };
};
