/**
 * A frame is what one flush writes to a log file: a header with the commit point, the entries it
 * appends, the entries it applies that are not in the log, the hard state, and the history at its
 * very end. It counts only as a whole: the checksum shows whether a crash cut the flush off.
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import type { Entry, HardState, Sequence } from "../../../replication/types.ts";
import type { CommitPoint, FrameNumber } from "../format/commit-point.ts";
import {
  entryBytesMax,
  readEntry,
  readEpochs,
  readHardState,
  writeEntry,
  writeHardState,
} from "../format/encoding.ts";

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
  if (at + headerBytes > file.length || file.readUInt32LE(at) !== magic) return undefined;
  const bytes = file.readUInt32LE(at + 8);
  if (bytes < headerBytes || at + bytes > file.length) return undefined;
  const checksum = file.readUInt32LE(at + 4);
  if (crc32(file.subarray(at + 8, at + bytes), salt) !== checksum) return undefined;
  return { number: file.readDoubleLE(at + 16), bytes };
}

/** Decodes the frame at `start`, which `frameAt` has found. */
export function readFrame(file: Buffer, start: number): Frame {
  const [appended, applied] = [file.readUInt32LE(start + 60), file.readUInt32LE(start + 64)];
  const hardStateBytes = file.readUInt32LE(start + 68);
  let at = start + headerBytes;
  const places: PlaceInFrame[] = [];
  const applyOnly: Entry[] = [];
  for (let index = 0; index < appended + applied; index += 1) {
    const sequence = file.readDoubleLE(at);
    const bytes = file.readUInt32LE(at + 8);
    at += placeBytes;
    if (index < appended) places.push({ sequence, ...readEpochs(file, at), at: at - start, bytes });
    else applyOnly.push(readEntry(sequence, file.subarray(at, at + bytes)));
    at += bytes;
  }
  const hardState = file.toString("utf8", at, at + hardStateBytes);
  return {
    bytes: file.readUInt32LE(start + 8),
    installs: (file.readUInt32LE(start + 12) & installsFlag) !== 0,
    commitPoint: readCommitPoint(file, start),
    places,
    applyOnly,
    hardState: hardState === "" ? undefined : readHardState(hardState),
  };
}

function readCommitPoint(file: Buffer, start: number): CommitPoint {
  const applied = file.readDoubleLE(start + 24);
  const sum = file.readBigUInt64LE(start + 32);
  const keys = file.readDoubleLE(start + 40);
  const end = start + file.readUInt32LE(start + 8);
  const hasHistory = (file.readUInt32LE(start + 12) & hasHistoryFlag) !== 0;
  const history = hasHistory ? file.toString("hex", end - historyBytes, end) : undefined;
  return {
    frame: file.readDoubleLE(start + 16),
    standing: { applied, sum, keys, history },
    compactedTo: file.readDoubleLE(start + 48),
    active: file.readUInt32LE(start + 56) === 1 ? 1 : 0,
  };
}
