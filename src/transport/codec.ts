/**
 * Core messages to bytes and back. The generated messages have the same field names, so only the
 * outermost layer changes: `{type, ...fields}` is `{message: {$case, value: fields}}`. Entries with checks have
 * cases of their own.
 */
import { isHistory } from "../replication/history.ts";
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import {
  ReplicateRequest,
  ReplicateResponse,
  type Entry as WireEntry,
} from "./generated/quorumkv/v1/replication.ts";

/** The leader sends one object to all followers: its bytes are made once and kept as long as the object. */
const leaderBytes = new WeakMap<LeaderMessage, Buffer>();

/** A message of the leader as bytes for its stream. */
export function encodeLeaderMessage(message: LeaderMessage): Buffer {
  const known = leaderBytes.get(message);
  if (known !== undefined) return known;
  const bytes = asBuffer(ReplicateRequest.encode(wrap(message)).finish());
  leaderBytes.set(message, bytes);
  return bytes;
}

/** A message of the follower as bytes for its stream. */
export const encodeFollowerMessage = (message: FollowerMessage): Buffer =>
  asBuffer(ReplicateResponse.encode(wrap(message)).finish());

/** Throws on bytes that are not a message of a leader; gRPC then ends the stream. */
export function decodeLeaderMessage(bytes: Buffer): LeaderMessage {
  const { message } = ReplicateRequest.decode(bytes);
  if (message === undefined) throw new Error("a message of unknown type from a leader");
  if (message.$case === "floor" && message.value.floor === undefined) {
    throw new Error("a floor message without its floor");
  }
  if (message.$case === "snapshotChunk") checkHistory(message.value.end?.history);
  if (message.$case === "appendChecked") checkChecks(message.value.entries);
  return unwrap(message);
}

/** Throws on bytes that are not a message of a follower; gRPC then ends the stream. */
export function decodeFollowerMessage(bytes: Buffer): FollowerMessage {
  const { message } = ReplicateResponse.decode(bytes);
  if (message === undefined) throw new Error("a message of unknown type from a follower");
  if (message.$case === "promise" && message.value.member === undefined) {
    throw new Error("a promise message without its member");
  }
  if (message.$case === "promise") checkHistory(message.value.history);
  if (message.$case === "storePage") checkHistory(message.value.end?.history);
  if (message.$case === "logPageChecked") checkChecks(message.value.entries);
  return unwrap(message);
}

/** Throws on a history of another form: it would spoil the sums that are made of it and stored. */
function checkHistory(history: string | undefined): void {
  if (history !== undefined && !isHistory(history))
    throw new Error("a history that is not 16 hexadecimal digits");
}

/** Throws on a check that requires nothing. */
function checkChecks(entries: readonly WireEntry[]): void {
  for (const { requires } of entries)
    for (const { condition } of requires?.checks ?? [])
      if (condition === undefined) throw new Error("a check without its condition");
}

// The casts below are what one test over every message type keeps true: core and generated
// messages differ only in `readonly` and in the required members checked above.

const wrap = <Wrapped>(message: LeaderMessage | FollowerMessage): Wrapped =>
  ({ message: { $case: caseOf(message), value: message } }) as Wrapped;

const unwrap = <Message>({ $case, value }: { $case: string; value: object }): Message =>
  ({ type: typesOfChecked[$case] ?? $case, ...value }) as Message;

/** A node of a version that knows no checks must not take an entry without them. */
function caseOf(message: LeaderMessage | FollowerMessage): string {
  const { type } = message;
  if (type !== "append" && type !== "logPage") return type;
  return message.entries.some(({ requires }) => requires !== undefined) ? `${type}Checked` : type;
}

const typesOfChecked: Readonly<Partial<Record<string, string>>> = {
  appendChecked: "append",
  logPageChecked: "logPage",
};

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
