/** PUT and DELETE /write, POST /write/batch: the writes of the REST API. */
import type { Request } from "express";
import type { Failure, Result } from "../../src/errors.ts";
import type { WriteReceipt, WriteRequest } from "../../src/node/api.ts";
import { type Answer, json, refusal } from "../answers.ts";
import type { Context } from "../context.ts";
import type { Endpoint, Handler } from "../endpoint.ts";
import { deleteKeyDoc, putKeyDoc, writeBatchDoc } from "../openapi/calls/keys.ts";
import type { Receipt } from "../openapi/shapes/keys.ts";
import { readBytes } from "../requests/body.ts";
import { conditionOf } from "../requests/conditions.ts";
import { keyHeader, replayedHeader } from "../requests/idempotency.ts";
import { readQuery } from "../requests/query.ts";
import { createWriteReaders, type WriteReader } from "../requests/write-bodies.ts";

/** Every write goes to the node, which refuses it with NOT_LEADER unless it leads. */
export function writeEndpoints(context: Context): readonly Endpoint[] {
  const readers = createWriteReaders(context.config);
  const single = (request: WriteRequest) => request.operations[0]?.key;
  return [
    {
      path: "/write",
      methods: {
        PUT: {
          ...{ needs: "write", doc: putKeyDoc, body: readers.put.schema },
          handle: writeHandler(context, readers.put, single),
        },
        DELETE: {
          ...{ needs: "write", doc: deleteKeyDoc, body: readers.remove.schema },
          handle: writeHandler(context, readers.remove, single),
        },
      },
    },
    {
      path: "/write/batch",
      methods: {
        POST: {
          ...{ needs: "write", doc: writeBatchDoc, body: readers.batch.schema },
          handle: writeHandler(context, readers.batch),
        },
      },
    },
  ];
}

/** `keyOf` gives the key that the answer names. */
const writeHandler =
  (
    context: Context,
    reader: WriteReader,
    keyOf: (request: WriteRequest) => string | undefined = () => undefined,
  ): Handler =>
  async (request, _response, visit) => {
    const wanted = readWrite(request, await readBytes(request), reader);
    if (!wanted.ok) return refusal(wanted.failure);
    const denied = visit.keysFault(wanted.value.operations.map(({ key }) => key));
    if (denied !== undefined) return refusal(denied);
    const receipt = await context.node.write(wanted.value);
    if (!receipt.ok) return writeRefusal(request, receipt.failure);
    return receiptAnswer(keyOf(wanted.value), receipt.value, wanted.value.trace === true);
  };

/** The body was read even if the query is wrong: the connection can then be used again. */
function readWrite(
  request: Request,
  bytes: Result<Buffer>,
  reader: WriteReader,
): Result<WriteRequest> {
  const body = bytes.ok ? reader.parse(bytes.value) : bytes;
  if (!body.ok) return body;
  const query = readQuery(request.url, []);
  if (!query.ok) return query;
  const condition = conditionOf(request.headers);
  if (!condition.ok) return condition;
  // A header that is given twice arrives as a list, or with a comma and a space: neither is a key.
  const key = request.headers[keyHeader.toLowerCase()];
  const idempotencyKey = Array.isArray(key) ? key.join(", ") : key;
  return reader.read(body.value, { condition: condition.value, idempotencyKey });
}

/** HTTP has a status of its own for a condition in the head that does not hold (RFC 9110, section 15.5.13). */
function writeRefusal({ headers }: Request, failure: Failure): Answer {
  const isHeads =
    failure.code === "VERSION_MISMATCH" &&
    (headers["if-match"] ?? headers["if-none-match"]) !== undefined;
  return isHeads ? refusal(failure, [], 412) : refusal(failure);
}

/** A batch has no key of its own; all its operations share the version. */
function receiptAnswer(key: string | undefined, receipt: WriteReceipt, trace: boolean): Answer {
  const acks = trace
    ? receipt.acks.map(({ node, ms, delayMs }) => ({
        node,
        ms: roundMs(ms),
        delayMs: roundMs(delayMs),
      }))
    : receipt.acks.map(({ node }) => node);
  const answer = json<Receipt>({
    key,
    version: receipt.version,
    quorum: receipt.quorum,
    acks,
    latencyMs: roundMs(receipt.latencyMs),
  });
  return receipt.repeated === true ? { ...answer, headers: [replayedHeader, "true"] } : answer;
}

/** To microseconds: more digits would be noise. */
const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
