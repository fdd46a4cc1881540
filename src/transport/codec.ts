/**
 * Core messages to bytes and back. The generated messages have the same field names, so only the
 * outermost layer changes: `{type, ...fields}` is `{message: {$case, value: fields}}`, and entries with checks have
 * cases of their own. Decoding is also the one
 * place where what others say is judged by itself, field by field (codec/); what it must fit to, the rules know.
 */
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import { believedMember, believedMembers, type Known } from "./codec/believed.ts";
import { boundedReader } from "./codec/bounded-reader.ts";
import type { Check } from "./codec/check.ts";
import { encoded } from "./codec/encoded.ts";
import { followerChecks } from "./codec/follower-checks.ts";
import { leaderChecks } from "./codec/leader-checks.ts";
import { MalformedMessage } from "./codec/malformed.ts";
import { ReplicateRequest, ReplicateResponse } from "./generated/quorumkv/v1/replication.ts";

/** The leader sends one object to all followers: its bytes are made once and kept as long as the object. */
const leaderBytes = new WeakMap<LeaderMessage, Buffer>();

/** A message of the leader as bytes for its stream. */
export function encodeLeaderMessage(message: LeaderMessage): Buffer {
  const known = leaderBytes.get(message);
  if (known !== undefined) return known;
  const bytes = encoded(ReplicateRequest, wrap<ReplicateRequest>(message));
  leaderBytes.set(message, bytes);
  return bytes;
}

/** A message of the follower as bytes for its stream. */
export const encodeFollowerMessage = (message: FollowerMessage): Buffer =>
  encoded(ReplicateResponse, wrap<ReplicateResponse>(message));

/** Throws on bytes that are not a message of a leader, or say what no leader may say. `known`: NODES. */
export function decodeLeaderMessage(bytes: Buffer, known?: Known): LeaderMessage {
  const { message } = ReplicateRequest.decode(boundedReader(bytes));
  // A hello is no message of the rules: the handshake takes it.
  if (message === undefined || message.$case === "hello")
    throw new Error("a message of unknown type from a leader");
  if (message.$case === "floor" && message.value.floor === undefined) {
    throw new Error("a floor message without its floor");
  }
  const told: LeaderMessage = unwrap(message);
  judge(told, leaderChecks[told.type] as Check<LeaderMessage>);
  mustBeKnown(told.type, senderOf(told), known);
  if (told.type !== "prepare" && told.type !== "heartbeat") return told;
  return { ...told, members: believedMembers(told.members, known) };
}

/** Throws on bytes that are not a message of a follower, or say what no follower may say. */
export function decodeFollowerMessage(bytes: Buffer, known?: Known): FollowerMessage {
  const { message } = ReplicateResponse.decode(boundedReader(bytes));
  if (message === undefined) throw new Error("a message of unknown type from a follower");
  if (message.$case === "promise" && message.value.member === undefined) {
    throw new Error("a promise message without its member");
  }
  const told: FollowerMessage = unwrap(message);
  judge(told, followerChecks[told.type] as Check<FollowerMessage>);
  if (told.type !== "promise") return told;
  mustBeKnown(told.type, { field: "member.id", id: told.member.id }, known);
  return { ...told, member: believedMember(told.member) };
}

function judge<Message extends { readonly type: string }>(
  message: Message,
  check: Check<Message>,
): void {
  const fault = check(message);
  if (fault !== undefined) throw new MalformedMessage(message.type, fault);
}

/** Who speaks, where a message says so. */
function senderOf(message: LeaderMessage): { field: string; id: string } | undefined {
  if (message.type === "prepare") return { field: "leader", id: message.leader };
  return message.type === "poll" ? { field: "candidate", id: message.candidate } : undefined;
}

function mustBeKnown(
  type: string,
  who: { field: string; id: string } | undefined,
  known: Known,
): void {
  if (who === undefined || known === undefined || known.has(who.id)) return;
  const allowed = `a member of NODES: ${[...known].join(", ")}`;
  throw new MalformedMessage(type, { path: who.field, value: who.id, allowed });
}

// The casts are what one test over every message type keeps true: core and generated messages
// differ only in `readonly` and in the two required members checked above.

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
