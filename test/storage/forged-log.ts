/** Log files that no node wrote, with checksums that hold all the same. */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { frameAt } from "../../src/storage/disk/log/frame.ts";
import { fileHeaderBytes, readHeader } from "../../src/storage/disk/log/log-file.ts";

/** The offsets at which the frames of a log file begin, and that at which the last one ends. */
export function boundsOf(file: Buffer): number[] {
  const salt = readHeader(file)?.salt ?? 0;
  const starts = [fileHeaderBytes];
  for (;;) {
    const at = starts.at(-1) ?? 0;
    const found = frameAt(file, at, salt);
    if (found === undefined) return starts;
    starts.push(at + found.bytes);
  }
}

/** Where the fields of a frame are, as docs/durability.md lists them. */
export const frameFields = {
  bytes: { at: 8, type: "u32" },
  flags: { at: 12, type: "u32" },
  number: { at: 16, type: "double" },
  applied: { at: 24, type: "double" },
  digest: { at: 32, type: "double" },
  keys: { at: 40, type: "double" },
  compactedTo: { at: 48, type: "double" },
  active: { at: 56, type: "u32" },
  appended: { at: 60, type: "u32" },
  applyOnly: { at: 64, type: "u32" },
  hardStateBytes: { at: 68, type: "u32" },
  // Of the first entry, and of its first operation.
  sequence: { at: 72, type: "double" },
  entryBytes: { at: 80, type: "u32" },
  epoch: { at: 84, type: "double" },
  origin: { at: 92, type: "double" },
  operations: { at: 100, type: "u32" },
  parts: { at: 104, type: "u8" },
  keyBytes: { at: 105, type: "u32" },
  valueBytes: { at: 109, type: "u32" },
  conditionVersion: { at: 113, type: "double" },
  conditionOrigin: { at: 121, type: "double" },
} as const;

export type FrameField = keyof typeof frameFields;

/** One change of a frame, counted from 0: a field of it, or a byte anywhere behind its checksum. */
export interface Forgery {
  readonly frame: number;
  readonly field: FrameField | { readonly byte: number };
  readonly value: number;
}

/** A copy of the file with these changes, and with checksums over what is there then. */
export function forged(original: Buffer, forgeries: readonly Forgery[]): Buffer {
  const file = Buffer.from(original);
  const salt = readHeader(file)?.salt ?? 0;
  const bounds = boundsOf(original);
  for (const { frame, field, value } of forgeries) {
    const start = bounds[frame] ?? 0;
    const end = bounds[frame + 1] ?? start;
    if (typeof field === "object") file[start + 8 + (field.byte % (end - start - 8))] = value;
    else set(file, start + frameFields[field].at, { type: frameFields[field].type, value });
    const size = file.readUInt32LE(start + 8);
    const to = size >= 8 && start + size <= file.length ? start + size : end;
    file.writeUInt32LE(crc32(file.subarray(start + 8, to), salt), start + 4);
  }
  return file;
}

function set(
  file: Buffer,
  at: number,
  { type, value }: { readonly type: "double" | "u32" | "u8"; readonly value: number },
): void {
  if (type === "double") file.writeDoubleLE(value, at);
  else if (type === "u32") file.writeUInt32LE(value >>> 0, at);
  else file.writeUInt8(value & 255, at);
}
