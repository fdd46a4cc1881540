/** Opens a directory: locked for this process, whole, of a known format, as it was last flushed. */
import { Buffer } from "node:buffer";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { digestOf, toDigest } from "../standing.ts";
import { closeToOthers, folderMode } from "./format/access.ts";
import { DataDamaged, damageSentence } from "./format/damage.ts";
import { flushDirectory, lockDirectory, lockFile } from "./format/file-system.ts";
import { dataFileName, lengthenShortFile, lmdbLockName } from "./lmdb/data-file.ts";
import { type Environment, metaKeys, openEnvironment } from "./lmdb/environment.ts";
import { View } from "./lmdb/view.ts";
import { LogFiles } from "./log/log-files.ts";
import { logDirectory, logFolder } from "./log/log-opening.ts";
import { replayLog } from "./replay.ts";
import { DiskState } from "./state.ts";

const presentFormat = "quorum-kv 2";

/** The parts of an open directory. */
export interface Opened {
  readonly state: DiskState;
  readonly files: LogFiles;
  readonly unlock: () => void;
  /** What other users may still read, in one sentence; undefined: nothing. */
  readonly openToOthers: string | undefined;
}

const ownNames = { files: [dataFileName, lmdbLockName, lockFile], folders: [logFolder] };

/** The directory cannot be used. The message is one sentence that says why. */
class StorageUnusable extends Error {
  override readonly name = "StorageUnusable";
}

/** Opens a directory, which is made where it is missing. Throws StorageUnusable. */
export async function openDirectory(options: {
  readonly directory: string;
  readonly logFileBytes?: number;
}): Promise<Opened> {
  const { directory, logFileBytes } = options;
  const { unlock, folders } = await claim(directory);
  let environment: Environment | undefined;
  try {
    const openToOthers = await closeToOthers(directory, ownNames);
    const wasShort = await lengthenShortFile(directory);
    environment = openEnvironment(directory);
    // The names of new files and folders must be durable before anything in them counts as such.
    for (const folder of folders) await flushDirectory(folder);
    await checkFormat(directory, environment);
    const state = new DiskState(environment);
    const files = await replayLog(state, logDirectory(directory));
    if (wasShort) checkStore(directory, state);
    return {
      state,
      files: new LogFiles({ directory: logDirectory(directory), files, fileBytes: logFileBytes }),
      unlock,
      openToOthers,
    };
  } catch (error) {
    await environment?.close();
    unlock();
    throw unusable(directory, error);
  }
}

/** Makes and locks the directory. `folders` are all those in which a name may be new. */
async function claim(
  directory: string,
): Promise<{ unlock: () => void; folders: readonly string[] }> {
  let unlock: (() => void) | undefined;
  let made: string | undefined;
  try {
    made = await mkdir(directory, { recursive: true, mode: folderMode });
    await mkdir(logDirectory(directory), { recursive: true, mode: folderMode });
    unlock = await lockDirectory(directory);
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
  if (error instanceof DataDamaged) return damaged(directory, error.message);
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
    throw damaged(directory, `data.mdb is cut short (${(error as Error).message})`);
  } finally {
    copy.close();
  }
}

const damaged = (directory: string, how: string): StorageUnusable =>
  new StorageUnusable(damageSentence(directory, how));

/** Refuses a directory of another format, and marks a new one. */
async function checkFormat(directory: string, environment: Environment): Promise<void> {
  const view = new View(environment);
  const format = view.meta(metaKeys.format)?.toString("utf8").slice(0, 40);
  view.release();
  if (format === presentFormat) return;
  if (format !== undefined) {
    const allowed = `this version reads only "${presentFormat}"`;
    throw new StorageUnusable(
      `the data in ${directory} has the format ${JSON.stringify(format)}; ${allowed}`,
    );
  }
  await environment.commit(
    () => void environment.meta.put(metaKeys.format, Buffer.from(presentFormat)),
  );
}
