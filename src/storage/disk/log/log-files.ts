import { randomInt } from "node:crypto";
import { unlink } from "node:fs";
import { rm } from "node:fs/promises";
import type { Entry } from "../../../replication/types.ts";
import type { FrameNumber } from "../commit-point.ts";
import { flushDirectory } from "../files.ts";
import { readEntry } from "./entry-codec.ts";
import { LogFile } from "./log-file.ts";
import type { Place } from "./log-index.ts";

/** A file with this much in it is followed by another one. */
export const FILE_BYTES = 16 * 1024 * 1024;
/** Entries that lie closer together than this are read in one go, up to so much at once. */
const GAP_BYTES_MAX = 4096;
const READ_BYTES_MAX = 1024 * 1024;

/** How a frame came to be refused. */
export type AppendFailure =
  /** There was no room for it: nothing of it was written. */
  | { readonly is: "noRoom"; readonly error: unknown }
  /** Whether it is on the disk is not known. */
  | { readonly is: "unsure"; readonly error: Error };

/** The files of the log, the oldest first. Frames go into the last one. Their folder is there. */
export class LogFiles {
  readonly directory: string;
  readonly #files: LogFile[];
  readonly #fileBytes: number;

  constructor(is: {
    directory: string;
    files: readonly LogFile[];
    fileBytes?: number | undefined;
  }) {
    this.directory = is.directory;
    this.#files = [...is.files];
    this.#fileBytes = is.fileBytes ?? FILE_BYTES;
  }

  /** The file that takes a frame of that size as it is. */
  #fileFor(bytes: number): LogFile | undefined {
    const file = this.#files.at(-1);
    const ready = file?.takesFrames && file.bytes < this.#fileBytes && file.hasRoomFor(bytes);
    return ready ? file : undefined;
  }

  /** What its checksums begin with: nobody who writes values can know it. */
  get salt(): number {
    this.#salt ??= this.#files.at(-1)?.salt ?? randomInt(2 ** 32);
    return this.#salt;
  }
  #salt: number | undefined;

  /** One frame at a time. `done` tells where it lies, once it is flushed. */
  append(
    frame: { readonly number: FrameNumber; readonly bytes: Buffer },
    done: (outcome: { file: LogFile; at: number } | AppendFailure) => void,
  ): void {
    const put = (file: LogFile): void => {
      const at = file.bytes;
      file.put(frame.bytes, (error) =>
        done(error === undefined ? { file, at } : { is: "unsure", error }),
      );
    };
    const file = this.#fileFor(frame.bytes.length);
    if (file !== undefined) put(file);
    else
      this.#makeRoom(frame.number, frame.bytes.length).then(put, (error: unknown) =>
        done({ is: "noRoom", error }),
      );
  }

  async #makeRoom(number: FrameNumber, bytes: number): Promise<LogFile> {
    const file = this.#files.at(-1);
    if (file !== undefined && file.bytes < this.#fileBytes) {
      await file.begin();
      if (!file.hasRoomFor(bytes)) await file.grow(bytes);
      return file;
    }
    const next = new LogFile({ directory: this.directory, first: number, salt: this.salt });
    try {
      await next.begin();
      await next.grow(bytes);
      await flushDirectory(this.directory);
    } catch (error) {
      next.close();
      await rm(next.path, { force: true });
      throw error;
    }
    this.#files.push(next);
    return next;
  }

  /** The first file that is still needed, where what `isNeeded` denies need not be kept. */
  oldestNeeded(isNeeded: (file: LogFile) => boolean): FrameNumber | undefined {
    const current = this.#files.at(-1);
    return this.#files.find((file) => file === current || isNeeded(file))?.first;
  }

  /**
   * Removes the files before the one that begins with this frame. Nothing waits for it: a file that
   * stays behind is removed at the next start.
   */
  dropBefore(first: FrameNumber): void {
    const kept = this.#files.findIndex((file) => file.first >= first);
    for (const file of this.#files.splice(0, Math.max(kept, 0))) {
      file.close();
      unlink(file.path, () => {});
    }
  }

  close(): void {
    for (const file of this.#files) file.close();
  }
}

/** The entries at these places, in the same order. */
export function readPlaces(places: readonly Place[]): Entry[] {
  const entries: Entry[] = [];
  for (let from = 0; from < places.length; ) {
    const run = runFrom(places, from);
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) break;
    const bytes = first.file.read(first.at, last.at + last.bytes - first.at);
    for (const place of run) entries.push(readEntry(place.sequence, bytes, place.at - first.at));
    from += run.length;
  }
  return entries;
}

/** Places from an index on that lie one after the other in a file. */
function runFrom(places: readonly Place[], from: number): readonly Place[] {
  const first = places[from];
  if (first === undefined) return [];
  let end = first.at + first.bytes;
  let to = from + 1;
  for (let next = places[to]; next?.file === first.file; next = places[to]) {
    const nextEnd = next.at + next.bytes;
    const near = next.at >= end && next.at - end <= GAP_BYTES_MAX;
    if (!near || nextEnd - first.at > READ_BYTES_MAX) break;
    end = nextEnd;
    to += 1;
  }
  return places.slice(from, to);
}
