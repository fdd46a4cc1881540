/** From a directory to what a node last flushed there: ours alone, whole, and of a known format. */
import { Buffer } from "node:buffer";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { digestOf, toDigest } from "../digest.ts";
import { lockDirectory } from "./directory-lock.ts";
import { flushDirectory } from "./files.ts";
import { type Environment, openEnvironment } from "./lmdb/environment.ts";
import { HeaderDamaged, lengthenShortFile } from "./lmdb/file.ts";
import { View } from "./lmdb/view.ts";
import { LogFiles } from "./log/log-files.ts";
import { LogDamaged, logDirectory } from "./log/log-opening.ts";
import { replayLog } from "./replay.ts";
import { DiskState } from "./state.ts";

const FORMAT = "quorum-kv 2";

export interface Opened {
  readonly state: DiskState;
  readonly files: LogFiles;
  readonly unlock: () => void;
}

/** The directory cannot be used, for a reason told in one sentence. */
export class StorageUnusable extends Error {
  override readonly name = "StorageUnusable";
}

export async function openDirectory(options: {
  readonly directory: string;
  readonly logFileBytes?: number;
}): Promise<Opened> {
  const { directory, logFileBytes } = options;
  const { unlock, folders } = await claim(directory);
  let environment: Environment | undefined;
  try {
    const short = await lengthenShortFile(directory);
    environment = openEnvironment(directory);
    // A file that a power cut takes out of its directory was not flushed, whatever is in it.
    for (const folder of folders) await flushDirectory(folder);
    await checkFormat(directory, environment);
    const state = new DiskState(environment);
    const files = await replayLog(state, logDirectory(directory));
    if (short) checkStore(directory, state);
    return {
      state,
      files: new LogFiles({ directory: logDirectory(directory), files, fileBytes: logFileBytes }),
      unlock,
    };
  } catch (error) {
    await environment?.close();
    unlock();
    throw unusable(directory, error);
  }
}

/** Locks the directory, made where it is missing; `folders` are those whose names must be flushed. */
async function claim(
  directory: string,
): Promise<{ unlock: () => void; folders: readonly string[] }> {
  let unlock: (() => void) | undefined;
  let made: string | undefined;
  try {
    made = await mkdir(directory, { recursive: true });
    await mkdir(logDirectory(directory), { recursive: true });
    unlock = lockDirectory(directory);
  } catch (error) {
    throw unusable(directory, error);
  }
  if (!unlock) throw new StorageUnusable(`the data in ${directory} is in use by another process`);
  const folders = [logDirectory(directory), directory];
  const top = dirname(resolve(made ?? directory));
  for (let folder = resolve(directory); folder !== top; folder = dirname(folder))
    folders.push(dirname(folder));
  return { unlock, folders };
}

function unusable(directory: string, error: unknown): StorageUnusable {
  if (error instanceof StorageUnusable) return error;
  if (error instanceof LogDamaged || error instanceof HeaderDamaged)
    return damaged(directory, error.message);
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageUnusable(`the data in ${directory} cannot be opened: ${reason}`, {
    cause: error,
  });
}

/** Reads the whole store and compares it with its digest. */
function checkStore(directory: string, { store, commitPoint }: DiskState): void {
  const copy = store.copy();
  try {
    const records = copy.page(undefined, Number.POSITIVE_INFINITY);
    const { sum, keys } = commitPoint.standing;
    if (records.length !== keys || digestOf(records) !== toDigest(sum))
      throw new RangeError("records are missing");
  } catch (error) {
    throw damaged(directory, `the file is cut short (${(error as Error).message})`);
  } finally {
    copy.close();
  }
}

const damaged = (directory: string, how: string): StorageUnusable =>
  new StorageUnusable(`the data in ${directory} is damaged: ${how}`);

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
