/**
 * A failure as google.rpc.Status, in the form that gRPC libraries read from the trailer
 * `grpc-status-details-bin`. Written by hand: generated code for google/rpc/error_details.proto
 * would be longer than the rest of this folder. Field numbers are those of googleapis.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { Failure } from "../../src/errors.ts";

/** The domain of google.rpc.ErrorInfo; its reason is the stable code. */
const errorDomain = "quorumkv";

/** A longer member is left out: only a key can be that long, the caller knows it, and trailers are small. */
const memberLengthMax = 256;

/** `given` is what the call itself ends with: its status and its message. */
export function richStatus(failure: Failure, given: { code: number; message: string }): Buffer {
  const status = new BinaryWriter().uint32(tag(1)).int32(given.code);
  status.uint32(tag(2, text)).string(given.message);
  for (const detail of details(failure)) status.uint32(tag(3, text)).bytes(detail);
  return Buffer.from(status.finish());
}

/** What clients read: the stable code with its members and, where a retry makes sense, the wait. */
function details({ code, members, retryAfterSeconds }: Failure): readonly Uint8Array[] {
  const info = errorInfo(code, members ?? {});
  if (retryAfterSeconds === undefined) return [info];
  return [info, retryInfo(Math.ceil(retryAfterSeconds))];
}

function errorInfo(reason: string, members: Readonly<Record<string, unknown>>): Uint8Array {
  const info = new BinaryWriter().uint32(tag(1, text)).string(reason);
  info.uint32(tag(2, text)).string(errorDomain);
  for (const [name, member] of Object.entries(members)) {
    if (member === null || member === undefined) continue;
    const value = typeof member === "string" ? member : JSON.stringify(member);
    if (value.length > memberLengthMax) continue;
    const entry = new BinaryWriter().uint32(tag(1, text)).string(name);
    entry.uint32(tag(2, text)).string(value);
    info.uint32(tag(3, text)).bytes(entry.finish());
  }
  return any("google.rpc.ErrorInfo", info.finish());
}

function retryInfo(seconds: number): Uint8Array {
  const duration = new BinaryWriter().uint32(tag(1)).int64(seconds).finish();
  return any(
    "google.rpc.RetryInfo",
    new BinaryWriter().uint32(tag(1, text)).bytes(duration).finish(),
  );
}

/** A message with its type, as google.protobuf.Any. */
function any(type: string, message: Uint8Array): Uint8Array {
  const packed = new BinaryWriter().uint32(tag(1, text)).string(`type.googleapis.com/${type}`);
  return packed.uint32(tag(2, text)).bytes(message).finish();
}

/** Wire types of protobuf: numbers are varints, text and messages start with their length. */
const varint = 0;
const text = 2;
const tag = (field: number, wireType = varint): number => (field << 3) | wireType;
