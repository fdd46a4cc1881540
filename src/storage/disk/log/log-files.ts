/** The files of the log as a whole: where the next frame goes, and which files are needed. */
import { randomInt } from "node:crypto";
import { rm, unlink } from "node:fs/promises";
import type { Entry } from "../../../replication/types.ts";
import type { FrameNumber } from "../format/commit-point.ts";
import { readEntry } from "../format/encoding.ts";
import { flushDirectory } from "../format/file-system.ts";
import { LogFile } from "./log-file.ts";
import type { Place } from "./log-index.ts";

/** A file that holds this much is followed by another one. */
const defaultFileBytes = 16 * 1024 * 1024;
/** Entries with at most this gap between them are read in one call … */
const gapBytesMax = 4096;
/** … of at most this size, or of one entry. */
const readBytesMax = 1024 * 1024;

/** Why a frame was refused. */
export type AppendFailure =
  /** There was no room for it: nothing was written. */
  | { readonly type: "noRoom"; readonly error: unknown }
  /** It is unknown whether the frame is on the disk. */
  | { readonly type: "unsure"; readonly error: Error };

/** A flushed frame is at offset `at` of `file`. */
type AppendOutcome =
  | { readonly type: "flushed"; readonly file: LogFile; readonly at: number }
  | AppendFailure;

/** The oldest file comes first, and frames go into the last one. Their directory must exist. */
export class LogFiles {
  readonly #directory: string;
  readonly #files: LogFile[];
  readonly #fileBytes: number;

  #salt: number | undefined;
  /** Settles once every removal that has begun is over. */
  #removals: Promise<unknown> = Promise.resolve();

  constructor(options: {
    directory: string;
    files: readonly LogFile[];
    /** A file that holds this much is followed by another one. */
    fileBytes?: number | undefined;
  }) {
    this.#directory = options.directory;
    this.#files = [...options.files];
    this.#fileBytes = options.fileBytes ?? defaultFileBytes;
  }

  /**
   * The first input of every checksum: random, so that a value that looks like a frame cannot be
   * taken for one.
   */
  get salt(): number {
    this.#salt ??= this.#files.at(-1)?.salt ?? randomInt(2 ** 32);
    return this.#salt;
  }

  /** Writes one frame at a time. `done` is called once it is flushed or refused. */
  append(
    frame: { readonly number: FrameNumber; readonly bytes: Buffer },
    done: (outcome: AppendOutcome) => void,
  ): void {
    const append = (file: LogFile): void => {
      const at = file.bytes;
      file.append(frame.bytes, (error) =>
        done(error === undefined ? { type: "flushed", file, at } : { type: "unsure", error }),
      );
    };
    const file = this.#fileFor(frame.bytes.length);
    if (file !== undefined) append(file);
    else
      this.#makeRoom(frame.number, frame.bytes.length).then(append, (error: unknown) =>
        done({ type: "noRoom", error }),
      );
  }

  /** The last file, where it takes a frame of that size without further preparation. */
  #fileFor(bytes: number): LogFile | undefined {
    const file = this.#files.at(-1);
    const isReady = file?.takesFrames && file.bytes < this.#fileBytes && file.hasRoomFor(bytes);
    return isReady ? file : undefined;
  }

  async #makeRoom(number: FrameNumber, bytes: number): Promise<LogFile> {
    const file = this.#files.at(-1);
    if (file !== undefined && file.bytes < this.#fileBytes) {
      await file.openForWriting();
      if (!file.hasRoomFor(bytes)) await file.grow(bytes);
      return file;
    }
    const next = new LogFile({ directory: this.#directory, first: number, salt: this.salt });
    try {
      await next.openForWriting();
      await next.grow(bytes);
      await flushDirectory(this.#directory);
    } catch (error) {
      next.close();
      await rm(next.path, { force: true });
      throw error;
    }
    this.#files.push(next);
    return next;
  }

  /** The first frame of the oldest file that `isNeeded`. The last file always is. */
  oldestNeeded(isNeeded: (file: LogFile) => boolean): FrameNumber | undefined {
    const current = this.#files.at(-1);
    return this.#files.find((file) => file === current || isNeeded(file))?.first;
  }

  /**
   * Removes the files before the one that begins with this frame. Only `close` waits for that: a
   * file that is left over is removed at the next start.
   */
  dropBefore(first: FrameNumber): void {
    const kept = this.#files.findIndex((file) => file.first >= first);
    const dropped = this.#files.splice(0, Math.max(kept, 0));
    for (const file of dropped) file.close();
    const removals = dropped.map(({ path }) => unlink(path));
    this.#removals = Promise.allSettled([this.#removals, ...removals]);
  }

  /**
   * Resolves once no removal is under way. Whoever opens the directory next lists its files first,
   * and none of them may then disappear.
   */
  async close(): Promise<void> {
    for (const file of this.#files) file.close();
    await this.#removals;
  }
}

/** Reads the entries at these places, in the same order. */
export function readPlaces(places: readonly Place[]): Entry[] {
  const entries: Entry[] = [];
  for (let from = 0; from < places.length; ) {
    const run = runFrom(places, from);
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) break;
    const bytes = first.file.read(first.at, last.at + last.bytes - first.at);
    for (const place of run) {
      const at = place.at - first.at;
      entries.push(readEntry(place.sequence, bytes, at, at + place.bytes));
    }
    from += run.length;
  }
  return entries;
}

/** The places from an index on that one call can read. */
function runFrom(places: readonly Place[], from: number): readonly Place[] {
  const first = places[from];
  if (first === undefined) return [];
  let end = first.at + first.bytes;
  let to = from + 1;
  for (let next = places[to]; next?.file === first.file; next = places[to]) {
    const nextEnd = next.at + next.bytes;
    const isNear = next.at >= end && next.at - end <= gapBytesMax;
    if (!isNear || nextEnd - first.at > readBytesMax) break;
    end = nextEnd;
    to += 1;
  }
  return places.slice(from, to);
}
