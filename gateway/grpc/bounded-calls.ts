/**
 * What clients may keep in memory through calls of the public services: messages that are half sent,
 * answers that are not read, and calls that stay open. Replication between nodes shares the port and has
 * bounds of its own.
 */
import type { ServerInterceptingCallInterface, ServerInterceptor } from "@grpc/grpc-js";
import { failureOf } from "../../src/errors.ts";
import type { Holding, Share } from "../../src/intake/budget.ts";
import { GrpcCall } from "../../src/intake/grpc-calls.ts";
import { type Intake, smallAnswerBytes } from "../../src/intake/intake.ts";
import { pageBytesMax } from "../../src/node/list.ts";
import { kvServiceName } from "./definition.ts";
import { toServiceError, toWriteError } from "./failures.ts";

/** Bytes of one message to the KV service: a batch of 2 MiB with white space between its values. */
const kvMessageBytesMax = 4 * 1024 * 1024;
/** Of one to health or reflection, which only names things. */
const nameMessageBytesMax = 16 * 1024;
/** Bytes of half-received requests, and of unread answers, of one connection: half of what all may hold. */
const connectionBytesMax = 16 * 1024 * 1024;
/** How often slow requests are looked at in the time that they have. */
const looks = 12;

const writing = new Set(["Write", "Delete", "Batch", "BulkWrite"]);
const tooMany = failureOf("OVERLOADED", "This node has too many calls open; nothing was written.");
const tooManyUnread = failureOf("OVERLOADED", "Too many answers of this node are unread.");
const tooMuch = failureOf(
  "OVERLOADED",
  "Too many requests to this node are half received; nothing was written.",
);

type Method = Parameters<ServerInterceptor>[0];

/** An interceptor that keeps public calls within the bounds, and lets all others pass. */
export function boundCalls(intake: Intake): ServerInterceptor {
  const slow = new SlowRequests(intake.requestMsMax);
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
  const shares = sharesOf(inner);
  const slots = [intake.calls, ...(isStream ? [intake.streams] : [])].map((kind) =>
    kind.enter(shares.address, cut),
  );
  const request = intake.requests.open(cut, shares.requests);
  const answer = intake.answers.open(cut, shares.answers);
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
    inner.stream.once("end", () => {
      request.release();
      slow.forget(inner);
    });
  }
  const isList = method.path === `/${kvServiceName}/List`;
  if (isList) reserve(call, () => answer.keep(pageBytesMax) || refuse(tooManyUnread));
  countAnswers({ call, inner, answer, refuse: () => refuse(tooManyUnread) });
}

interface Shares {
  readonly address: string | undefined;
  readonly requests: Share;
  readonly answers: Share;
}

const sharesBySession = new WeakMap<object, Shares>();

/** What the connection of a call may hold. */
function sharesOf({ stream: { session } }: GrpcCall): Shares {
  const known = session === undefined ? undefined : sharesBySession.get(session);
  if (known !== undefined) return known;
  const share = () => ({ bytesMax: connectionBytesMax, bytes: 0 });
  const address = session?.socket.remoteAddress;
  const shares = { address, requests: share(), answers: share() };
  if (session !== undefined) sharesBySession.set(session, shares);
  return shares;
}

/** Reserves room for an answer before it is made; the handler runs only if there is some. */
function reserve(call: ServerInterceptingCallInterface, take: () => unknown): void {
  const start = call.start.bind(call);
  call.start = (listener) =>
    start({
      ...passing(listener),
      onReceiveHalfClose: () => {
        if (take() === true) listener.onReceiveHalfClose();
      },
    });
}

type Listener = Parameters<ServerInterceptingCallInterface["start"]>[0];

const passing = (listener: Listener): Listener => ({
  onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
  onReceiveMessage: (message) => listener.onReceiveMessage(message),
  onReceiveHalfClose: () => listener.onReceiveHalfClose(),
  onCancel: () => listener.onCancel(),
});

/** Of a stream of requests each counts until it is handed on. */
function releaseEach(call: ServerInterceptingCallInterface, release: () => void): void {
  const start = call.start.bind(call);
  call.start = (listener) =>
    start({
      ...passing(listener),
      onReceiveMessage: (message) => {
        release();
        listener.onReceiveMessage(message);
      },
    });
}

interface CountedCall {
  readonly call: ServerInterceptingCallInterface;
  readonly inner: GrpcCall;
  readonly answer: Holding;
  readonly refuse: () => void;
}

/** Large answers count while they wait for the client. One that has no room is not even encoded. */
function countAnswers({ call, inner, answer, refuse }: CountedCall): void {
  const sendMessage = call.sendMessage.bind(call);
  call.sendMessage = (message, callback) => {
    const bytes = (Buffer.isBuffer(message) ? message.length : weigh(message)) + inner.unreadBytes;
    if (bytes <= smallAnswerBytes) answer.release();
    else if (!answer.keep(bytes)) {
      refuse();
      return;
    }
    sendMessage(message, () => {
      answer.release();
      callback();
    });
  };
}

/** Characters of the keys and values in an answer; nothing else in it is large. */
function weigh({ key = "", value = "", entry, entries = [] }: Weighed): number {
  let bytes = key.length + value.length;
  if (entry !== undefined) bytes += weigh(entry);
  for (const each of entries) bytes += weigh(each);
  return bytes;
}

/** An answer, or a part of one: a key with its value, or what holds one or several of them. */
interface Weighed {
  readonly key?: string;
  readonly value?: string;
  readonly entry?: Weighed | undefined;
  readonly entries?: readonly Weighed[];
}

/** Calls whose request has not arrived. They are looked at now and then, the oldest first. */
class SlowRequests {
  readonly #calls = new Map<GrpcCall, number>();
  /** Milliseconds that each has. */
  readonly #msMax: number;
  #looking: NodeJS.Timeout | undefined;

  constructor(msMax: number) {
    this.#msMax = msMax;
  }

  add(call: GrpcCall): void {
    this.#calls.set(call, performance.now());
    this.#looking ??= setInterval(() => this.#look(), this.#msMax / looks).unref();
  }

  forget(call: GrpcCall): void {
    this.#calls.delete(call);
  }

  #look(): void {
    const longAgo = performance.now() - this.#msMax;
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
