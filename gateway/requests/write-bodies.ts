/** Maps the bodies of REST writes to the request that REST and gRPC share. */
import { z } from "zod";
import type { Config } from "../../src/config/config.ts";
import { failed, failedBy, type Result, succeeded } from "../../src/errors.ts";
import type { WriteOperation, WriteRequest } from "../../src/node/api.ts";
import { operationsMax } from "../../src/request-limits.ts";
import { JsonText, type Shape } from "../json/values.ts";
import { parseBytes } from "./body.ts";
import { checkCount, versionRange } from "./checks.ts";
import { type AskedWrite, RequestChecks, timeoutRange } from "./client-requests.ts";
import { withCondition } from "./conditions.ts";
import { checkedWhole, keyField, readFields, restNames, strict } from "./fields.ts";
import { PlainPut, plainPut } from "./plain-put.ts";

/** Values are checked where the body is parsed. */
const anyValue = z
  .instanceof(JsonText, { error: "is missing" })
  .meta({ description: "Any JSON value; it is kept as it is written." });
const ifVersion = checkedWhole(
  versionRange,
  "Write only if this is the key's newest version; 0: only if the key is absent.",
);
/** The options that all writes share. */
const options = {
  quorum: checkedWhole(
    { min: 0, max: versionRange.max },
    "Follower acks to wait for, up to all followers. Absent: the write quorum in force.",
  ),
  timeoutMs: checkedWhole(timeoutRange, "Milliseconds to wait for them. Absent: TIMEOUT."),
  ifVersion,
  trace: z
    .boolean({ error: "must be true or false" })
    .meta({ description: "Ask for the times of the acks." })
    .optional(),
};

const putBody = z.strictObject({ key: keyField, value: anyValue, ...options }, strict);
const removeBody = z.strictObject({ key: keyField, ...options }, strict);
const operation = z
  .strictObject(
    {
      put: z.strictObject({ key: keyField, value: anyValue, ifVersion }, strict).optional(),
      delete: z.strictObject({ key: keyField, ifVersion }, strict).optional(),
      check: z.strictObject({ key: keyField, ifVersion }, strict).optional(),
    },
    strict,
  )
  .refine((given) => Object.values(given).filter((one) => one !== undefined).length === 1, {
    error: 'must hold either "put", "delete" or "check"',
  })
  .meta({ minProperties: 1, maxProperties: 1 });
const batchBody = z.strictObject(
  {
    operations: z.array(operation).meta({ minItems: 1, maxItems: operationsMax }),
    ...options,
  },
  strict,
);

/** Where the bodies hold keys and values, and how many: what is too large is not parsed. */
const putShape: Shape = { members: { key: "key", value: "value" } };
const removeShape: Shape = { members: { key: "key" } };
const operationShape: Shape = { members: { put: putShape, delete: removeShape } };
const batchShape: Shape = {
  members: { operations: { items: operationShape, countFault: checkCount } },
};

/** What the head of a write asks for. */
interface WriteHead {
  /** Equal to `ifVersion` of the body. */
  readonly condition: number | undefined;
  readonly idempotencyKey: string | undefined;
}

/** Reads the body of one call. */
export interface WriteReader {
  /** What judges the form of the body. */
  readonly schema: z.ZodType;
  /** The body for `read`; failures as in `parseBytes`. */
  parse(bytes: Buffer): Result<unknown>;
  /** `head`: what the head of the request adds to its body. */
  read(body: unknown, head: WriteHead): Result<WriteRequest>;
}

/** One reader for each call that writes. */
interface WriteReaders {
  /** The body of PUT /write. */
  readonly put: WriteReader;
  /** The body of DELETE /write. */
  readonly remove: WriteReader;
  /** The body of POST /write/batch. */
  readonly batch: WriteReader;
}

/** The readers of a node with these settings. */
export function createWriteReaders(config: Config): WriteReaders {
  const checks = new RequestChecks(restNames, config.nodes.length - 1);
  const reader = (
    shape: Shape,
    schema: z.ZodType,
    ask: (body: unknown) => Result<AskedWrite>,
  ): WriteReader => ({
    schema,
    parse: (bytes) => parseBytes(bytes, shape),
    read: (body, { condition, idempotencyKey }) => {
      const fields = ask(body);
      const asked = fields.ok ? withCondition(fields.value, condition) : fields;
      return asked.ok ? checks.write({ ...asked.value, idempotencyKey }) : asked;
    },
  });
  const put = reader(putShape, putBody, askedPut);
  return {
    put: { ...put, parse: (bytes) => plainPut(bytes) ?? put.parse(bytes) },
    remove: reader(removeShape, removeBody, askedRemove),
    batch: reader(batchShape, batchBody, askedBatch),
  };
}

/** A body of PUT /write as a request; checked for its form alone. */
function askedPut(body: unknown): Result<AskedWrite> {
  if (body instanceof PlainPut) {
    const { key, value } = body;
    return succeeded({ operations: [{ key, value }], isBatch: false });
  }
  const fields = readFields(putBody, body);
  if (!fields.ok) return fields;
  const { key, value, ...rest } = fields.value;
  return succeeded({ operations: [{ key, value: value.text }], isBatch: false, ...rest });
}

/** The same for DELETE /write. */
function askedRemove(body: unknown): Result<AskedWrite> {
  const fields = readFields(removeBody, body);
  if (!fields.ok) return fields;
  const { key, ...rest } = fields.value;
  return succeeded({ operations: [{ key }], isBatch: false, ...rest });
}

/** The same for POST /write/batch. Operations are counted before any of them is looked at. */
function askedBatch(body: unknown): Result<AskedWrite> {
  const given: unknown =
    typeof body === "object" && body !== null && "operations" in body ? body.operations : undefined;
  if (!Array.isArray(given)) return failed("INVALID_ARGUMENT", '"operations" must be a list.');
  const countFault = checkCount(given.length);
  if (countFault !== undefined) return failedBy(countFault);
  const fields = readFields(batchBody, body);
  if (!fields.ok) return fields;
  const { operations, ...rest } = fields.value;
  return succeeded({ operations: operations.map(writeOperation), isBatch: true, ...rest });
}

function writeOperation({ put, delete: remove, check }: z.infer<typeof operation>): WriteOperation {
  if (put !== undefined) return { key: put.key, value: put.value.text, ifVersion: put.ifVersion };
  if (check !== undefined) return { ...check, isCheck: true };
  return { key: remove?.key ?? "", ifVersion: remove?.ifVersion };
}
