/** The public service `quorumkv.v1.KV`: the node's reads and writes, as the REST gateway has them. */
import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { type Result, succeeded } from "../../errors.ts";
import type { KvNode, WriteReceipt, WriteRequest } from "../../node/api.ts";
import type { Log } from "../../node/ports.ts";
import type * as wire from "../generated/quorumkv/v1/kv.ts";
import { type Answer, answered } from "./answered.ts";
import { bulkWrite } from "./bulk-write.ts";
import { toServiceError } from "./failures.ts";
import { listQuery, readQuery, WriteReader } from "./requests.ts";
import { watch } from "./watch.ts";

export interface KvServiceOptions {
  readonly node: KvNode;
  /** How many followers the cluster has: the highest quorum that a write may ask for. */
  readonly followers: number;
  readonly log: Log;
}

export const createKvService = (options: KvServiceOptions): UntypedServiceImplementation => {
  const { node, log } = options;
  const writes = new WriteReader(options.followers);
  const write = async (request: Result<WriteRequest>) =>
    request.ok ? writeResult(await node.write(request.value), request.value) : request;
  const unary = <Request, Response>(answer: (request: Request) => Answer<Response>) =>
    unaryHandler(answer, log);

  return {
    read: unary(async (request: wire.ReadRequest) => {
      const query = readQuery(request);
      if (!query.ok) return query;
      return mapResult(await node.read(query.value), (entry) => ({ entry }));
    }),
    list: unary(async (request: wire.ListRequest) => {
      const query = listQuery(request);
      if (!query.ok) return query;
      return mapResult(await node.list(query.value), ({ entries, next, sequence }) => ({
        entries,
        next: next ?? undefined,
        sequence,
      }));
    }),
    write: unary((request: wire.WriteRequest) => write(writes.put(request))),
    delete: unary((request: wire.DeleteRequest) => write(writes.remove(request))),
    batch: unary(({ operations, options }: wire.BatchRequest) =>
      write(writes.batch(operations, options)),
    ),
    status: unary((_: wire.StatusRequest) => succeeded(node.status())),
    watch: watch(node),
    bulkWrite: bulkWrite({
      log,
      write: ({ operations, options }) => write(writes.batch(operations, options)),
    }),
  };
};

const writeResult = (
  receipt: Result<WriteReceipt>,
  { trace }: WriteRequest,
): Result<{ result: wire.WriteResult }> =>
  mapResult(receipt, ({ version, quorum, acks, latencyMs }) => ({
    result: {
      version,
      quorum,
      acks: acks.map(({ node, ms, delayMs }) => (trace ? { node, ms, delayMs } : { node })),
      latencyMs,
    },
  }));

const mapResult = <From, To>(result: Result<From>, map: (value: From) => To): Result<To> =>
  result.ok ? succeeded(map(result.value)) : result;

const unaryHandler =
  <Request, Response>(
    answer: (request: Request) => Answer<Response>,
    log: Log,
  ): handleUnaryCall<Result<Request>, Response> =>
  ({ request }, callback) => {
    if (!request.ok) {
      callback(toServiceError(request.failure));
      return;
    }
    void answered(() => answer(request.value), log).then((result) => {
      if (result.ok) callback(null, result.value);
      else callback(toServiceError(result.failure));
    });
  };
