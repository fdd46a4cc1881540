/**
 * The public service `quorumkv.v1.KV`: the same reads and writes as the REST gateway. Each handler reads
 * its message into a request, asks the node, and turns the result into a message or a refusal.
 */
import type { handleUnaryCall, ServiceError, UntypedServiceImplementation } from "@grpc/grpc-js";
import { type Failure, failedBy, type Result, succeeded } from "../../src/errors.ts";
import { createIntake, type Intake } from "../../src/intake/intake.ts";
import type { KvNode, WriteReceipt, WriteRequest } from "../../src/node/api.ts";
import { PacedLog } from "../../src/node/paced-log.ts";
import type { Log } from "../../src/node/ports.ts";
import type { Access } from "../access/access.ts";
import type { Role } from "../access/caller.ts";
import { isRepeated, writeAgain } from "./attempts.ts";
import { bulkWrite } from "./bulk-write.ts";
import type { Unread } from "./definition.ts";
import { type Answer, answered, toServiceError, toWriteError } from "./failures.ts";
import type * as wire from "./generated/quorumkv/v1/kv.ts";
import { MessageReader } from "./requests.ts";
import { type CallFacts, visitOf } from "./visits.ts";
import { watch } from "./watch.ts";

/** What the service needs. */
export interface KvServiceOptions {
  readonly node: KvNode;
  /** How many followers the cluster has: the highest write quorum that a client may ask for. */
  readonly followers: number;
  readonly access: Access;
  readonly log: Log;
  /** What clients may hold of the node; absent: bounds of its own. */
  readonly intake?: Intake | undefined;
}

/** The handlers of all calls, for `Server.addService`. */
export function createKvService(options: KvServiceOptions): UntypedServiceImplementation {
  const { node, access, log, intake = createIntake() } = options;
  const failures = new PacedLog(log, () => performance.now());
  const reader = new MessageReader(options.followers);
  const write = async (
    request: Result<WriteRequest>,
    { visit, isRepeated }: CallFacts,
  ): Promise<Result<{ result: wire.WriteResult }>> => {
    if (!request.ok) return request;
    const denied = visit.keysFault(request.value.operations.map(({ key }) => key));
    if (denied !== undefined) return failedBy(denied);
    const carryOut = async () => writeResult(await node.write(request.value), request.value);
    return isRepeated ? writeAgain(request.value, carryOut) : carryOut();
  };
  const unary = <Request, Response>(
    answer: (request: Request, facts: CallFacts) => Answer<Response>,
  ) => unaryHandler({ needs: "read", answer, access, failures, toError: toServiceError });
  const unaryWrite = <Request>(read: (request: Request) => Result<WriteRequest>) =>
    unaryHandler({
      needs: "write",
      answer: (request: Request, facts) => write(read(request), facts),
      access,
      failures,
      toError: toWriteError,
    });

  return {
    read: unary(async (request: wire.ReadRequest, { visit }) => {
      const query = reader.read(request);
      if (!query.ok) return query;
      const denied = visit.keysFault([query.value.key]);
      if (denied !== undefined) return failedBy(denied);
      return mapResult(await node.read(query.value), (entry) => ({ entry }));
    }),
    readMany: unary(async (request: wire.ReadManyRequest, { visit }) => {
      const query = reader.readMany(request);
      if (!query.ok) return query;
      const denied = visit.keysFault(query.value.keys);
      if (denied !== undefined) return failedBy(denied);
      return mapResult(await node.readMany(query.value), ({ entries, sequence }) => ({
        entries: entries.map((entry) => ({ entry: entry ?? undefined })),
        sequence,
      }));
    }),
    list: unary(async (request: wire.ListRequest, { visit }) => {
      const query = reader.list(request);
      if (!query.ok) return query;
      const denied = visit.prefixFault(query.value.prefix);
      if (denied !== undefined) return failedBy(denied);
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
    watch: watch(node, reader, access),
    bulkWrite: bulkWrite({
      ...{ access, failures, answers: intake.answers },
      write: (asked, facts) => write(reader.batch(asked), facts),
    }),
  };
}

/** The answer of a write; the times of the acks are in it only if the client asked for a trace. */
const writeResult = (
  receipt: Result<WriteReceipt>,
  { trace }: WriteRequest,
): Result<{ result: wire.WriteResult }> =>
  mapResult(receipt, ({ version, quorum, acks, latencyMs, repeated = false }) => ({
    result: {
      version,
      quorum,
      acks: acks.map(({ node, ms, delayMs }) => (trace ? { node, ms, delayMs } : { node })),
      latencyMs,
      replayed: repeated,
    },
  }));

/** The result with another value; a failure stays as it is. */
const mapResult = <From, To>(result: Result<From>, map: (value: From) => To): Result<To> =>
  result.ok ? succeeded(map(result.value)) : result;

/** A handler that answers each call exactly once, strangers, malformed requests and exceptions included. */
const unaryHandler =
  <Request, Response>({
    needs,
    answer,
    access,
    failures,
    toError,
  }: {
    readonly needs: Role;
    readonly answer: (request: Request, facts: CallFacts) => Answer<Response>;
    readonly access: Access;
    readonly failures: PacedLog;
    readonly toError: (failure: Failure) => ServiceError;
  }): handleUnaryCall<Unread<Request>, Response> =>
  (call, callback) => {
    const visit = visitOf(access, call, needs);
    const { metadata } = call;
    const refuse = (failure: Failure) => {
      access.ended(visit, needs, failure.code);
      callback(toError(failure));
    };
    if (visit.objection !== undefined) {
      refuse(visit.objection);
      return;
    }
    const request = call.request();
    if (!request.ok) {
      refuse(request.failure);
      return;
    }
    void answered(
      () => answer(request.value, { visit, isRepeated: isRepeated(metadata) }),
      failures,
    ).then((result) => {
      if (!result.ok) {
        refuse(result.failure);
        return;
      }
      access.ended(visit, needs, undefined);
      callback(null, result.value);
    });
  };
