/** PUT and DELETE /write, POST /write/batch. */
import type { Request } from "express";
import type { Result } from "../../src/errors.ts";
import type { WriteReceipt, WriteRequest } from "../../src/node/api.ts";
import { type Answer, ok, refusal } from "../answers.ts";
import type { Context } from "../context.ts";
import type { Endpoint, Handler } from "../endpoint.ts";
import { readBody } from "../requests/body.ts";
import { readQuery } from "../requests/query.ts";
import { createWriteReaders, type WriteReaders } from "../requests/writes.ts";

type Reader = WriteReaders[keyof WriteReaders];

export const writeEndpoints = (context: Context): readonly Endpoint[] => {
  const readers = createWriteReaders(context.config);
  return [
    {
      path: "/write",
      methods: {
        PUT: writeHandler(context, readers.put),
        DELETE: writeHandler(context, readers.remove),
      },
    },
    { path: "/write/batch", methods: { POST: writeHandler(context, readers.batch) } },
  ];
};

const writeHandler =
  (context: Context, read: Reader): Handler =>
  async (request) => {
    const wanted = await readWrite(request, read);
    if (!wanted.ok) return refusal(wanted.failure);
    const receipt = await context.node.write(wanted.value);
    return receipt.ok ? receiptAnswer(wanted.value, receipt.value) : refusal(receipt.failure);
  };

const readWrite = async (request: Request, read: Reader): Promise<Result<WriteRequest>> => {
  // Checked before the body, yet answered after it was taken in.
  const query = readQuery(request.url, []);
  const body = await readBody(request);
  if (!body.ok) return body;
  return query.ok ? read(body.value) : query;
};

/** A batch has no key of its own; all its operations share the version. */
const receiptAnswer = (wanted: WriteRequest, receipt: WriteReceipt): Answer => {
  const [first] = wanted.operations;
  const single = wanted.operations.length === 1 ? first : undefined;
  const acks = wanted.trace
    ? receipt.acks.map(({ node, ms, delayMs }) => ({
        node,
        ms: roundMs(ms),
        delayMs: roundMs(delayMs),
      }))
    : receipt.acks.map(({ node }) => node);
  return ok(
    JSON.stringify({
      key: single?.key,
      version: receipt.version,
      quorum: receipt.quorum,
      acks,
      latencyMs: roundMs(receipt.latencyMs),
    }),
  );
};

/** To microseconds: more digits would be noise. */
const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
