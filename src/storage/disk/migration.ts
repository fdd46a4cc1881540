/** Brings a directory of format 1, which had the log in LMDB, to the present one. */
import { Buffer } from "node:buffer";
import { mkdir, rm } from "node:fs/promises";
import type { Entry, Sequence } from "../../replication/types.ts";
import { entryBytes } from "../apply.ts";
import type { CommitPoint } from "./commit-point.ts";
import { flushDirectory } from "./files.ts";
import { asBuffer, readFormerCommitPoint, writeCheckpoint } from "./lmdb/codec.ts";
import type { Environment, Table } from "./lmdb/environment.ts";
import { View } from "./lmdb/view.ts";
import { readEntry } from "./log/entry-codec.ts";
import { FrameWriter } from "./log/frame.ts";
import { LogFiles } from "./log/log-files.ts";
import { logDirectory } from "./log/log-opening.ts";

const FRAME_BYTES = 1024 * 1024;

/**
 * Copies the log into files, then says so in LMDB in one transaction: a node killed before that
 * begins anew, and one killed after it has nothing left to do.
 */
export async function migrateLog(
  environment: Environment,
  to: { readonly directory: string; readonly format: string },
): Promise<void> {
  const directory = logDirectory(to.directory);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  await flushDirectory(to.directory);
  const files = new LogFiles({ directory, files: [] });
  const frames = new FrameWriter();
  let commitPoint = formerCommitPoint(environment);
  const log = environment.formerLog();
  for (const append of entriesAfter(commitPoint.forgotten, environment, log)) {
    commitPoint = { ...commitPoint, frame: commitPoint.frame + 1 };
    const content = { commitPoint, installs: false, append, applyOnly: [], hardState: undefined };
    const { bytes } = frames.write(content, files.salt);
    await new Promise<void>((resolve, reject) => {
      files.append({ number: commitPoint.frame, bytes }, (outcome) =>
        "is" in outcome ? reject(outcome.error) : resolve(),
      );
    });
  }
  files.close();
  const { meta } = environment;
  await environment.commit(() => {
    void meta.put("footing", writeCheckpoint({ commitPoint, oldestFile: 1 }));
    void meta.put("format", Buffer.from(to.format));
    void log.clearAsync();
  });
}

function formerCommitPoint(environment: Environment): CommitPoint {
  const view = new View(environment);
  const said = view.meta("footing");
  view.release();
  return { ...readFormerCommitPoint(said), frame: 0 };
}

function* entriesAfter(
  forgotten: Sequence,
  environment: Environment,
  log: Table<Sequence>,
): Generator<readonly Entry[]> {
  const transaction = environment.useReadTransaction();
  let chunk: Entry[] = [];
  let bytes = 0;
  for (const { key, value } of log.getRange({ transaction, start: forgotten + 1 })) {
    const entry = readEntry(key, asBuffer(value), 0);
    chunk.push(entry);
    bytes += entryBytes(entry);
    if (bytes < FRAME_BYTES) continue;
    yield chunk;
    [chunk, bytes] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
  transaction.done();
}
