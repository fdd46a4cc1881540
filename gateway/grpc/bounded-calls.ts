/**
 * What clients may keep in memory through calls of the public services: messages that are half sent,
 * answers that are not read, and calls that stay open. Replication between nodes shares the port and has
 * bounds of its own.
 */
import type { ServerInterceptingCallInterface, ServerInterceptor } from "@grpc/grpc-js";
import { failureOf } from "../../src/errors.ts";
import { GrpcCall } from "../../src/intake/grpc-calls.ts";
import { type Intake, smallAnswerBytes } from "../../src/intake/intake.ts";
import { kvServiceName } from "./definition.ts";
import { toServiceError, toWriteError } from "./failures.ts";

/** Bytes of one message to the KV service: a batch of 2 MiB with white space between its values. */
const kvMessageBytesMax = 4 * 1024 * 1024;
/** Of one to health or reflection, which only names things. */
const nameMessageBytesMax = 16 * 1024;
/** Milliseconds in which the whole request of a call without a stream of requests must arrive. */
const requestMsMax = 60_000;
/** Milliseconds between two looks at that. */
const lookIntervalMs = 5000;

const writing = new Set(["Write", "Delete", "Batch", "BulkWrite"]);
const tooMany = failureOf("OVERLOADED", "This node has too many calls open; nothing was written.");
const tooMuch = failureOf(
  "OVERLOADED",
  "Too many requests to this node are half received; nothing was written.",
);

type Method = Parameters<ServerInterceptor>[0];

/** An interceptor that keeps public calls within the bounds, and lets all others pass. */
export function boundCalls(intake: Intake): ServerInterceptor {
  const slow = new SlowRequests();
  return (method, call) => {
    const kind = kindOf(method.path);
    if (kind === undefined) return call as never;
    bound({ method, call, intake, slow, bytesMax: kind });
    return call as never;
  };
}

/** The bytes that a message to this method may have; undefined: it is not for the public. */
function kindOf(path: string): number | undefined {
  if (path.startsWith(`/${kvServiceName}/`)) return kvMessageBytesMax;
  return path.startsWith("/grpc.") ? nameMessageBytesMax : undefined;
}

interface Bounds {
  readonly method: Method;
  readonly call: ServerInterceptingCallInterface;
  readonly intake: Intake;
  readonly slow: SlowRequests;
  readonly bytesMax: number;
}

function bound({ method, call, intake, slow, bytesMax }: Bounds): void {
  const inner = new GrpcCall(call);
  inner.limitMessages(bytesMax);
  const cut = () => inner.cut();
  const isWrite = writing.has(method.path.split("/").at(-1) ?? "");
  const refuse = (failure: typeof tooMany): void => {
    const { code, details, metadata } = isWrite ? toWriteError(failure) : toServiceError(failure);
    call.sendStatus({ code, details, metadata });
    // The rest of its request would still be kept by the library.
    setImmediate(cut);
  };
  const isStream = method.responseStream && !isWrite;
  const slots = [intake.calls, ...(isStream ? [intake.streams] : [])].map((kind) =>
    kind.enter(inner.address, cut),
  );
  const request = intake.requests.open(cut);
  const answer = intake.answers.open(cut);
  inner.stream.once("close", () => {
    for (const slot of slots) slot?.leave();
    request.release();
    answer.release();
    slow.forget(inner);
  });
  if (slots.includes(undefined)) {
    // The handler is not started.
    call.start = () => {};
    setImmediate(() => refuse(tooMany));
    return;
  }
  inner.onReceived((bytes) => {
    if (!request.take(bytes)) refuse(tooMuch);
  });
  if (method.requestStream) releaseEach(call, request.release);
  else {
    slow.add(inner);
    inner.stream.once("end", () => slow.forget(inner));
  }
  countAnswers(call, inner, answer);
}

/** Of a stream of requests each counts until it is handed on. */
function releaseEach(call: ServerInterceptingCallInterface, release: () => void): void {
  const start = call.start.bind(call);
  call.start = (listener) =>
    start({
      onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
      onReceiveMessage: (message) => {
        release();
        listener.onReceiveMessage(message);
      },
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      onCancel: () => listener.onCancel(),
    });
}

/** Large answers count while they wait for the client. */
function countAnswers(
  call: ServerInterceptingCallInterface,
  inner: GrpcCall,
  answer: { keep(bytes: number): boolean; release(): void },
): void {
  const sendMessage = call.sendMessage.bind(call);
  call.sendMessage = (message, callback) => {
    sendMessage(message, () => {
      answer.release();
      callback();
    });
    const bytes = inner.unreadBytes;
    if (bytes > smallAnswerBytes && !answer.keep(bytes)) inner.cut();
  };
}

/** Calls whose request has not arrived. They are looked at now and then, the oldest first. */
class SlowRequests {
  readonly #calls = new Map<GrpcCall, number>();
  #looking: NodeJS.Timeout | undefined;

  add(call: GrpcCall): void {
    this.#calls.set(call, performance.now());
    this.#looking ??= setInterval(() => this.#look(), lookIntervalMs).unref();
  }

  forget(call: GrpcCall): void {
    this.#calls.delete(call);
  }

  #look(): void {
    const longAgo = performance.now() - requestMsMax;
    for (const [call, since] of this.#calls) {
      if (since > longAgo) break;
      this.#calls.delete(call);
      call.cut();
    }
    if (this.#calls.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }
}
