/**
 * A frame is what one flush lays down in a log file: a header, the entries it appends, those it
 * applies without having them in the log, marks, and at its very end the history. It counts only
 * as a whole: its checksum tells a flush that a crash cut off from one that was finished.
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import type { Entry, Marks, Sequence } from "../../replication/types.ts";
import type { Footing, FrameNumber } from "../footing.ts";
import { entryBytesMax, readEntry, readReigns, writeEntry } from "./entry-codec.ts";

/** "QKVf" in the order of the bytes. */
const MAGIC = 0x66564b51;
const HEADER_BYTES = 72;
/** Before each entry: its sequence and how many bytes it has. */
const PLACE_BYTES = 8 + 4;
const INSTALLS = 1;
/**
 * The last bytes of the frame are the history. Frames of earlier versions have none, and those
 * versions take these bytes for padding.
 */
const HAS_HISTORY = 2;
const HISTORY_BYTES = 8;
export const ALIGNMENT = 8;

const FRAME_BYTES = 256 * 1024;
const KEPT_FRAME_BYTES = 8 * 1024 * 1024;

export interface FrameContent {
  /** Where everything stands after this flush. */
  readonly footing: Footing;
  /** A received store becomes the present one: what the flushes before have applied is gone. */
  readonly installs: boolean;
  /** Entries for the log. Each wins over whatever stands at its sequence. */
  readonly append: readonly Entry[];
  /** Applied entries that the log does not have. */
  readonly applyOnly: readonly Entry[];
  readonly marks: Marks | undefined;
}

/** Where an entry of the log is, counted in bytes from the begin of its frame. */
export interface PlaceInFrame {
  readonly sequence: Sequence;
  readonly epoch: number;
  readonly origin: number;
  readonly at: number;
  readonly bytes: number;
}

export interface Frame extends Omit<FrameContent, "append"> {
  readonly bytes: number;
  readonly places: readonly PlaceInFrame[];
}

/** Makes one frame at a time; its bytes stay as they are until the next one is made. */
export class FrameWriter {
  #bytes = Buffer.alloc(FRAME_BYTES);

  write(content: FrameContent, salt: number): { bytes: Buffer; places: PlaceInFrame[] } {
    const { append, applyOnly } = content;
    const marks = content.marks === undefined ? "" : JSON.stringify(content.marks);
    const marksBytes = Buffer.byteLength(marks);
    const bytes = this.#room(bytesMaxOf([...append, ...applyOnly]) + marksBytes);
    const places: PlaceInFrame[] = [];
    let at = HEADER_BYTES;
    for (const entry of append) {
      const end = writePlaced(bytes, at, entry);
      const { sequence, epoch, origin } = entry;
      const start = at + PLACE_BYTES;
      places.push({ sequence, epoch, origin, at: start, bytes: end - start });
      at = end;
    }
    for (const entry of applyOnly) at = writePlaced(bytes, at, entry);
    at += bytes.write(marks, at, "utf8");
    const { history } = content.footing.standing;
    const end = at + (history === undefined ? 0 : HISTORY_BYTES);
    const size = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    bytes.fill(0, at, size);
    if (history !== undefined) bytes.write(history, size - HISTORY_BYTES, "hex");
    writeHeader(bytes, content, { size, marksBytes });
    bytes.writeUInt32LE(crc32(bytes.subarray(8, size), salt), 4);
    return { bytes: bytes.subarray(0, size), places };
  }

  #room(bytesMax: number): Buffer {
    const tooLarge = this.#bytes.length > KEPT_FRAME_BYTES && bytesMax <= FRAME_BYTES;
    if (bytesMax > this.#bytes.length || tooLarge)
      this.#bytes = Buffer.alloc(Math.max(bytesMax, FRAME_BYTES));
    return this.#bytes;
  }
}

function bytesMaxOf(entries: readonly Entry[]): number {
  let bytes = HEADER_BYTES + HISTORY_BYTES + ALIGNMENT;
  for (const entry of entries) bytes += PLACE_BYTES + entryBytesMax(entry);
  return bytes;
}

function writePlaced(bytes: Buffer, at: number, entry: Entry): number {
  const start = at + PLACE_BYTES;
  const end = writeEntry(bytes, start, entry);
  bytes.writeDoubleLE(entry.sequence, at);
  bytes.writeUInt32LE(end - start, at + 8);
  return end;
}

function writeHeader(
  bytes: Buffer,
  { footing, installs, append, applyOnly }: FrameContent,
  { size, marksBytes }: { size: number; marksBytes: number },
): void {
  const { frame, standing, forgotten, active } = footing;
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(size, 8);
  const hasHistory = standing.history !== undefined;
  bytes.writeUInt32LE((installs ? INSTALLS : 0) | (hasHistory ? HAS_HISTORY : 0), 12);
  bytes.writeDoubleLE(frame, 16);
  bytes.writeDoubleLE(standing.applied, 24);
  bytes.writeBigUInt64LE(standing.sum, 32);
  bytes.writeDoubleLE(standing.keys, 40);
  bytes.writeDoubleLE(forgotten, 48);
  bytes.writeUInt32LE(active, 56);
  bytes.writeUInt32LE(append.length, 60);
  bytes.writeUInt32LE(applyOnly.length, 64);
  bytes.writeUInt32LE(marksBytes, 68);
}

/** The size and number of the whole, undamaged frame that begins at `at`, if one does. */
export function frameAt(
  file: Buffer,
  at: number,
  salt: number,
): { readonly number: FrameNumber; readonly bytes: number } | undefined {
  if (at + HEADER_BYTES > file.length || file.readUInt32LE(at) !== MAGIC) return undefined;
  const bytes = file.readUInt32LE(at + 8);
  if (bytes < HEADER_BYTES || at + bytes > file.length) return undefined;
  const checksum = file.readUInt32LE(at + 4);
  if (crc32(file.subarray(at + 8, at + bytes), salt) !== checksum) return undefined;
  return { number: file.readDoubleLE(at + 16), bytes };
}

/** What the frame that begins at `start` says. */
export function readFrame(file: Buffer, start: number): Frame {
  const [appended, applied] = [file.readUInt32LE(start + 60), file.readUInt32LE(start + 64)];
  const marksBytes = file.readUInt32LE(start + 68);
  let at = start + HEADER_BYTES;
  const places: PlaceInFrame[] = [];
  const applyOnly: Entry[] = [];
  for (let index = 0; index < appended + applied; index += 1) {
    const sequence = file.readDoubleLE(at);
    const bytes = file.readUInt32LE(at + 8);
    at += PLACE_BYTES;
    if (index < appended) places.push({ sequence, ...readReigns(file, at), at: at - start, bytes });
    else applyOnly.push(readEntry(sequence, file, at));
    at += bytes;
  }
  const marks = file.toString("utf8", at, at + marksBytes);
  return {
    bytes: file.readUInt32LE(start + 8),
    installs: (file.readUInt32LE(start + 12) & INSTALLS) !== 0,
    footing: readFooting(file, start),
    places,
    applyOnly,
    marks: marks === "" ? undefined : (JSON.parse(marks) as Marks),
  };
}

function readFooting(file: Buffer, start: number): Footing {
  const applied = file.readDoubleLE(start + 24);
  const sum = file.readBigUInt64LE(start + 32);
  const keys = file.readDoubleLE(start + 40);
  const end = start + file.readUInt32LE(start + 8);
  const hasHistory = (file.readUInt32LE(start + 12) & HAS_HISTORY) !== 0;
  const history = hasHistory ? file.toString("hex", end - HISTORY_BYTES, end) : undefined;
  return {
    frame: file.readDoubleLE(start + 16),
    standing: { applied, sum, keys, history },
    forgotten: file.readDoubleLE(start + 48),
    active: file.readUInt32LE(start + 56) === 1 ? 1 : 0,
  };
}
