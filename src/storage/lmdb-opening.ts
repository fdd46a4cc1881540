/** From a directory to an environment that is ours alone, whole, and of a format we know. */
import { Buffer } from "node:buffer";
import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { recordHash, toDigest } from "./digest.ts";
import { lockDirectory } from "./directory-lock.ts";
import { EMPTY_FOOTING, readFooting } from "./lmdb-codec.ts";
import { dataFile, type Environment, openEnvironment } from "./lmdb-environment.ts";
import { View } from "./lmdb-view.ts";

const FORMAT = "quorum-kv 1";

export interface Opened {
  readonly environment: Environment;
  readonly unlock: () => void;
}

/** The directory cannot be used, for a reason told in one sentence. */
export class StorageUnusable extends Error {
  override readonly name = "StorageUnusable";
}

export async function openDirectory(directory: string): Promise<Opened> {
  const unlock = await claim(directory);
  let environment: Environment | undefined;
  try {
    const short = await lengthenShortFile(directory);
    environment = openEnvironment(directory);
    await checkFormat(directory, environment);
    if (short) readAll(directory, environment);
    // A file that a power cut takes out of its directory was not flushed, whatever is in it.
    for (const folder of [directory, dirname(directory)]) await flushDirectory(folder);
    return { environment, unlock };
  } catch (error) {
    await environment?.close();
    unlock();
    throw unusable(directory, error);
  }
}

async function claim(directory: string): Promise<() => void> {
  let unlock: (() => void) | undefined;
  try {
    await mkdir(directory, { recursive: true });
    unlock = lockDirectory(directory);
  } catch (error) {
    throw unusable(directory, error);
  }
  if (!unlock) throw new StorageUnusable(`the data in ${directory} is in use by another process`);
  return unlock;
}

function unusable(directory: string, error: unknown): StorageUnusable {
  if (error instanceof StorageUnusable) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageUnusable(`the data in ${directory} cannot be opened: ${reason}`, {
    cause: error,
  });
}

/** Where LMDB keeps its two meta pages, as its struct MDB_meta lays them out. */
const META = { magic: 0xbeefc0de, at: 24, pageSizeAt: 48, lastPageAt: 144, bytes: 176 } as const;

/**
 * LMDB maps its file into memory, and reading beyond its end would kill the process without a
 * word. A file may rightly be a little shorter than its meta page says, where the last pages were
 * never used, or it was cut off by something else. So it gets its length back, and true says that
 * everything must be read once to tell the two apart.
 */
async function lengthenShortFile(directory: string): Promise<boolean> {
  const path = dataFile(directory);
  const found = await stat(path).catch(() => undefined);
  if (!found || found.size === 0) return false;
  const file = await open(path, "r+");
  try {
    const first = await readMeta(file, 0);
    const second = await readMeta(file, first.pageSize);
    const newest = second.transaction > first.transaction ? second : first;
    const expected = (newest.lastPage + 1) * newest.pageSize;
    if (found.size >= expected) return false;
    await file.truncate(expected);
    return true;
  } catch (error) {
    throw error instanceof RangeError ? damaged(directory, "its header is not LMDB's") : error;
  } finally {
    await file.close();
  }
}

/** Reads the whole log and store, and compares the store with its digest. */
function readAll(directory: string, environment: Environment): void {
  const view = new View(environment);
  try {
    const found = view.meta("footing");
    const footing = found ? readFooting(found) : EMPTY_FOOTING;
    let [sum, keys] = [0n, 0];
    for (const record of view.records(environment.stores[footing.active])) {
      sum += recordHash(record);
      keys += 1;
    }
    const { standing } = footing;
    const whole = keys === standing.keys && toDigest(sum) === toDigest(standing.sum);
    if (!whole) throw new RangeError("records are missing");
    view.sequencesUpTo(Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY);
  } catch (error) {
    throw damaged(directory, `the file is cut short (${(error as Error).message})`);
  } finally {
    view.release();
  }
}

const damaged = (directory: string, how: string): StorageUnusable =>
  new StorageUnusable(`the data in ${directory} is damaged: ${how}`);

async function readMeta(file: Awaited<ReturnType<typeof open>>, position: number) {
  const { buffer } = await file.read(Buffer.alloc(META.bytes), 0, META.bytes, position);
  if (buffer.readUInt32LE(META.at) !== META.magic) throw new RangeError("no LMDB meta page");
  return {
    pageSize: buffer.readUInt32LE(META.pageSizeAt),
    lastPage: Number(buffer.readBigUInt64LE(META.lastPageAt)),
    transaction: Number(buffer.readBigUInt64LE(META.lastPageAt + 8)),
  };
}

async function checkFormat(directory: string, environment: Environment): Promise<void> {
  const view = new View(environment);
  const format = view.meta("format")?.toString("utf8");
  view.release();
  if (format === FORMAT) return;
  if (format !== undefined) {
    const known = `this version reads "${FORMAT}" only`;
    throw new StorageUnusable(`the data in ${directory} has the format "${format}"; ${known}`);
  }
  await environment.commit(() => void environment.meta.put("format", Buffer.from(FORMAT)));
}

async function flushDirectory(directory: string): Promise<void> {
  const folder = await open(directory, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
