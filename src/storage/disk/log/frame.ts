/**
 * A frame is what one flush writes to a log file: a header with the commit point, the entries it
 * appends, the entries it applies that are not in the log, the hard state, and the history at its
 * very end. It counts only as a whole: the checksum shows whether a crash cut the flush off.
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import type { Entry, HardState, Sequence } from "../../../replication/types.ts";
import { type CommitPoint, checkedCommitPoint, type FrameNumber } from "../format/commit-point.ts";
import { mustHold, wholeNumber } from "../format/damage.ts";
import {
  checkEntry,
  entryBytesMax,
  readEntry,
  readEpochs,
  writeEntry,
} from "../format/encoding.ts";
import { readHardState, writeHardState } from "../format/hard-state.ts";

/** "QKVf" in the order of the bytes. */
const magic = 0x66564b51;
const headerBytes = 72;
/** Before each entry: its sequence and its size. */
const placeBytes = 8 + 4;
/** Flags. */
const installsFlag = 1;
/**
 * The last bytes of the frame are the history. Frames of earlier versions have none; those versions
 * read these bytes as padding.
 */
const hasHistoryFlag = 2;
const allFlags = installsFlag | hasHistoryFlag;
const historyBytes = 8;
/** Every frame begins at a multiple of this. */
export const alignmentBytes = 8;

const bufferBytes = 256 * 1024;
const keptBufferBytes = 8 * 1024 * 1024;

/** What a flush makes durable. */
export interface FrameContent {
  /** Where everything stands after this flush. */
  readonly commitPoint: CommitPoint;
  /** A received store becomes the present one. It replaces all that earlier flushes applied. */
  readonly installs: boolean;
  /** Entries for the log. Each replaces the entry at its sequence. */
  readonly append: readonly Entry[];
  /** Entries to apply that the log does not have. */
  readonly applyOnly: readonly Entry[];
  readonly hardState: HardState | undefined;
}

/** Where an appended entry is; `at` counts bytes from the start of the frame. */
interface PlaceInFrame {
  readonly sequence: Sequence;
  readonly epoch: number;
  readonly origin: number;
  readonly at: number;
  readonly bytes: number;
}

/** A frame as it is read: the size of the frame, and places in place of the appended entries. */
export interface Frame extends Omit<FrameContent, "append"> {
  readonly bytes: number;
  readonly places: readonly PlaceInFrame[];
}

/** Encodes frames into one buffer: the bytes of a frame are valid until the next one. */
export class FrameWriter {
  #bytes = Buffer.alloc(bufferBytes);

  /** Encodes a frame. `salt` is the first input of its checksum. */
  write(content: FrameContent, salt: number): { bytes: Buffer; places: PlaceInFrame[] } {
    const { append, applyOnly } = content;
    const hardState = content.hardState === undefined ? "" : writeHardState(content.hardState);
    const hardStateBytes = Buffer.byteLength(hardState);
    const bytes = this.#reserve(bytesMaxOf([...append, ...applyOnly]) + hardStateBytes);
    const places: PlaceInFrame[] = [];
    let at = headerBytes;
    for (const entry of append) {
      const end = writePlaced(bytes, at, entry);
      const { sequence, epoch, origin } = entry;
      const start = at + placeBytes;
      places.push({ sequence, epoch, origin, at: start, bytes: end - start });
      at = end;
    }
    for (const entry of applyOnly) at = writePlaced(bytes, at, entry);
    at += bytes.write(hardState, at, "utf8");
    const { history } = content.commitPoint.standing;
    const end = at + (history === undefined ? 0 : historyBytes);
    const size = Math.ceil(end / alignmentBytes) * alignmentBytes;
    bytes.fill(0, at, size);
    if (history !== undefined) bytes.write(history, size - historyBytes, "hex");
    writeHeader(bytes, content, { size, hardStateBytes });
    bytes.writeUInt32LE(crc32(bytes.subarray(8, size), salt), 4);
    return { bytes: bytes.subarray(0, size), places };
  }

  #reserve(bytesMax: number): Buffer {
    const isTooLarge = this.#bytes.length > keptBufferBytes && bytesMax <= bufferBytes;
    if (bytesMax > this.#bytes.length || isTooLarge)
      this.#bytes = Buffer.alloc(Math.max(bytesMax, bufferBytes));
    return this.#bytes;
  }
}

function bytesMaxOf(entries: readonly Entry[]): number {
  let bytes = headerBytes + historyBytes + alignmentBytes;
  for (const entry of entries) bytes += placeBytes + entryBytesMax(entry);
  return bytes;
}

function writePlaced(bytes: Buffer, at: number, entry: Entry): number {
  const start = at + placeBytes;
  const end = writeEntry(bytes, start, entry);
  bytes.writeDoubleLE(entry.sequence, at);
  bytes.writeUInt32LE(end - start, at + 8);
  return end;
}

function writeHeader(
  bytes: Buffer,
  { commitPoint, installs, append, applyOnly }: FrameContent,
  { size, hardStateBytes }: { size: number; hardStateBytes: number },
): void {
  const { frame, standing, compactedTo, active } = commitPoint;
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(size, 8);
  const hasHistory = standing.history !== undefined;
  bytes.writeUInt32LE((installs ? installsFlag : 0) | (hasHistory ? hasHistoryFlag : 0), 12);
  bytes.writeDoubleLE(frame, 16);
  bytes.writeDoubleLE(standing.applied, 24);
  bytes.writeBigUInt64LE(standing.sum, 32);
  bytes.writeDoubleLE(standing.keys, 40);
  bytes.writeDoubleLE(compactedTo, 48);
  bytes.writeUInt32LE(active, 56);
  bytes.writeUInt32LE(append.length, 60);
  bytes.writeUInt32LE(applyOnly.length, 64);
  bytes.writeUInt32LE(hardStateBytes, 68);
}

/** Size and number of the frame at `at`; undefined where there is no whole, undamaged frame. */
export function frameAt(
  file: Buffer,
  at: number,
  salt: number,
): { readonly number: FrameNumber; readonly bytes: number } | undefined {
  const bytes = frameBytesAt(file, at);
  if (bytes === undefined) return undefined;
  const checksum = file.readUInt32LE(at + 4);
  if (crc32(file.subarray(at + 8, at + bytes), salt) !== checksum) return undefined;
  return { number: file.readDoubleLE(at + 16), bytes };
}

/** How long the frame at `at` says it is, its checksum aside; undefined where there can be none. */
export function frameBytesAt(file: Buffer, at: number): number | undefined {
  if (at + headerBytes > file.length || file.readUInt32LE(at) !== magic) return undefined;
  const bytes = file.readUInt32LE(at + 8);
  const fits = bytes >= headerBytes && at + bytes <= file.length && bytes % alignmentBytes === 0;
  return fits ? bytes : undefined;
}

/**
 * Decodes the frame at `start`, which `frameAt` has found. A checksum shows that bytes did not
 * change by accident, not that a node wrote them: throws DataDamaged where none can have.
 */
export function readFrame(file: Buffer, start: number): Frame {
  const size = file.readUInt32LE(start + 8);
  const frame = file.subarray(start, start + size);
  const flags = frame.readUInt32LE(12);
  mustHold(flags <= allFlags, `a frame has the flags ${flags}`);
  const contentEnd = size - (flags & hasHistoryFlag ? historyBytes : 0);
  const [appended, applied] = [frame.readUInt32LE(60), frame.readUInt32LE(64)];
  const hardStateBytes = frame.readUInt32LE(68);
  let at = headerBytes;
  const places: PlaceInFrame[] = [];
  const applyOnly: Entry[] = [];
  for (let index = 0; index < appended + applied; index += 1) {
    mustHold(at + placeBytes <= contentEnd, "a frame has fewer entries than it says");
    const sequence = wholeNumber(frame.readDoubleLE(at), "the sequence of an entry", 1);
    const bytes = frame.readUInt32LE(at + 8);
    at += placeBytes;
    mustHold(at + bytes <= contentEnd, "an entry ends beyond its frame");
    checkEntry(frame, at, at + bytes);
    if (index < appended) places.push({ sequence, ...readEpochs(frame, at), at, bytes });
    else applyOnly.push(readEntry(sequence, frame, at, at + bytes));
    at += bytes;
  }
  const end = at + hardStateBytes;
  mustHold(end <= contentEnd && contentEnd - end < alignmentBytes, "a frame has the wrong size");
  const hardState = frame.subarray(at, end);
  return {
    bytes: size,
    installs: (flags & installsFlag) !== 0,
    commitPoint: readCommitPoint(frame, flags),
    places,
    applyOnly,
    hardState: hardStateBytes === 0 ? undefined : readHardState(hardState.toString("utf8")),
  };
}

function readCommitPoint(frame: Buffer, flags: number): CommitPoint {
  const hasHistory = (flags & hasHistoryFlag) !== 0;
  const standing = {
    applied: frame.readDoubleLE(24),
    sum: frame.readBigUInt64LE(32),
    keys: frame.readDoubleLE(40),
    history: hasHistory ? frame.toString("hex", frame.length - historyBytes) : undefined,
  };
  return checkedCommitPoint({
    frame: frame.readDoubleLE(16),
    standing,
    compactedTo: frame.readDoubleLE(48),
    active: frame.readUInt32LE(56),
  });
}
