/**
 * The public service `quorumkv.v1.KV`: the same reads and writes as the REST gateway. Each handler reads
 * its message into a request, asks the node, and turns the result into a message or a refusal.
 */
import type {
  handleUnaryCall,
  Metadata,
  ServiceError,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { type Failure, failed, type Result, succeeded } from "../../src/errors.ts";
import type { Budget } from "../../src/intake/budget.ts";
import { createIntake, smallAnswerBytes } from "../../src/intake/intake.ts";
import type { KvNode, WriteReceipt, WriteRequest } from "../../src/node/api.ts";
import { pageBytesMax } from "../../src/node/list.ts";
import type { Log } from "../../src/node/ports.ts";
import { isRepeated, writeAgain } from "./attempts.ts";
import { bulkWrite } from "./bulk-write.ts";
import { type Answer, answered, toServiceError, toWriteError } from "./failures.ts";
import type * as wire from "./generated/quorumkv/v1/kv.ts";
import { MessageReader } from "./requests.ts";
import { watch } from "./watch.ts";

/** What the service needs. */
export interface KvServiceOptions {
  readonly node: KvNode;
  /** How many followers the cluster has: the highest write quorum that a client may ask for. */
  readonly followers: number;
  readonly log: Log;
  /** What bounds the answers that are not read; absent: a bound of its own. */
  readonly answers?: Budget;
}

/** The handlers of all calls, for `Server.addService`. */
export function createKvService(options: KvServiceOptions): UntypedServiceImplementation {
  const { node, log, answers = createIntake().answers } = options;
  const reader = new MessageReader(options.followers);
  const write = async (
    request: Result<WriteRequest>,
    metadata: Metadata,
  ): Promise<Result<{ result: wire.WriteResult }>> => {
    if (!request.ok) return request;
    const carryOut = async () => writeResult(await node.write(request.value), request.value);
    return isRepeated(metadata) ? writeAgain(request.value, carryOut) : carryOut();
  };
  const unary = <Request, Response>(answer: (request: Request) => Answer<Response>) =>
    unaryHandler({ answer, log, toError: toServiceError });
  const unaryWrite = <Request>(read: (request: Request) => Result<WriteRequest>) =>
    unaryHandler({
      answer: (request: Request, metadata) => write(read(request), metadata),
      log,
      toError: toWriteError,
    });

  return {
    read: unary(async (request: wire.ReadRequest) => {
      const query = reader.read(request);
      if (!query.ok) return query;
      const entry = await node.read(query.value);
      const isLarge = entry.ok && entry.value.value.length > smallAnswerBytes;
      if (isLarge && !answers.makeRoom(entry.value.value.length)) return tooManyUnread;
      return mapResult(entry, (found) => ({ entry: found }));
    }),
    list: unary(async (request: wire.ListRequest) => {
      const query = reader.list(request);
      if (!query.ok) return query;
      if (!answers.makeRoom(pageBytesMax)) return tooManyUnread;
      return mapResult(await node.list(query.value), ({ entries, next, sequence }) => ({
        entries,
        next: next ?? undefined,
        sequence,
      }));
    }),
    write: unaryWrite((request: wire.WriteRequest) => reader.put(request)),
    delete: unaryWrite((request: wire.DeleteRequest) => reader.remove(request)),
    batch: unaryWrite((request: wire.BatchRequest) => reader.batch(request)),
    status: unary((_: wire.StatusRequest) => succeeded(node.status())),
    watch: watch(node, reader),
    bulkWrite: bulkWrite({
      log,
      write: (request, metadata) => write(reader.batch(request), metadata),
    }),
  };
}

const tooManyUnread = failed("OVERLOADED", "Too many answers of this node are unread.");

/** The answer of a write; the times of the acks are in it only if the client asked for a trace. */
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

/** The result with another value; a failure stays as it is. */
const mapResult = <From, To>(result: Result<From>, map: (value: From) => To): Result<To> =>
  result.ok ? succeeded(map(result.value)) : result;

/** A handler that answers each call exactly once, malformed requests and exceptions included. */
const unaryHandler =
  <Request, Response>({
    answer,
    log,
    toError,
  }: {
    readonly answer: (request: Request, metadata: Metadata) => Answer<Response>;
    readonly log: Log;
    readonly toError: (failure: Failure) => ServiceError;
  }): handleUnaryCall<Result<Request>, Response> =>
  ({ request, metadata }, callback) => {
    if (!request.ok) {
      callback(toError(request.failure));
      return;
    }
    void answered(() => answer(request.value, metadata), log).then((result) => {
      if (result.ok) callback(null, result.value);
      else callback(toError(result.failure));
    });
  };
