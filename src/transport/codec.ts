/**
 * Core messages to bytes and back. The generated messages have the same field names, so only the
 * outermost layer changes: `{type, ...fields}` is `{message: {$case, value: fields}}`.
 */
import { isHistory } from "../replication/history.ts";
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import { ReplicateRequest, ReplicateResponse } from "./generated/quorumkv/v1/replication.ts";

/** The leader hands one object to every follower's link; its bytes are made once. */
const leaderBytes = new WeakMap<LeaderMessage, Buffer>();

export function encodeLeaderMessage(message: LeaderMessage): Buffer {
  const known = leaderBytes.get(message);
  if (known !== undefined) return known;
  const bytes = asBuffer(ReplicateRequest.encode(wrap(message)).finish());
  leaderBytes.set(message, bytes);
  return bytes;
}

export const encodeFollowerMessage = (message: FollowerMessage): Buffer =>
  asBuffer(ReplicateResponse.encode(wrap(message)).finish());

/** Throws on what is no message of a leader; gRPC then ends the stream. */
export function decodeLeaderMessage(bytes: Buffer): LeaderMessage {
  const { message } = ReplicateRequest.decode(bytes);
  if (message === undefined) throw new Error("a leader's message of no known type");
  if (message.$case === "floor" && message.value.floor === undefined) {
    throw new Error("a floor message without a floor");
  }
  if (message.$case === "snapshotChunk") checkHistory(message.value.end?.history);
  return unwrap(message);
}

/** Throws on what is no message of a follower; gRPC then ends the stream. */
export function decodeFollowerMessage(bytes: Buffer): FollowerMessage {
  const { message } = ReplicateResponse.decode(bytes);
  if (message === undefined) throw new Error("a follower's message of no known type");
  if (message.$case === "promise" && message.value.member === undefined) {
    throw new Error("a promise without its member");
  }
  if (message.$case === "promise") checkHistory(message.value.history);
  if (message.$case === "storePage") checkHistory(message.value.end?.history);
  return unwrap(message);
}

/** Digits that are none would become sums that are none, and be written to the disk. */
function checkHistory(history: string | undefined): void {
  if (history !== undefined && !isHistory(history))
    throw new Error("a history that is not 16 hexadecimal digits");
}

// The casts below are what one test over every message type keeps true: core and generated
// messages differ only in `readonly` and in the two required members checked above.

const wrap = <Wrapped>(message: LeaderMessage | FollowerMessage): Wrapped =>
  ({ message: { $case: message.type, value: message } }) as Wrapped;

const unwrap = <Message>({ $case, value }: { $case: string; value: object }): Message =>
  ({ type: $case, ...value }) as Message;

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
