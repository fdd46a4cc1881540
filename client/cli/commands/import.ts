/** import: the entries of an exported file, once the whole file was checked. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { KVError } from "../../src/errors.ts";
import type { Entry } from "../../src/types.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { progressOn } from "../terminal/progress.ts";
import { ExportReader, FormatError, type Record } from "../transfer/format.ts";
import { linesOf } from "../transfer/lines.ts";

export interface ImportFlags {
  readonly resume?: boolean;
  readonly idempotencyKey?: string;
  readonly dryRun?: boolean;
}

/** One atomic entry of the log; the body of a request has at most 2 MiB. */
const batchMax = { operations: 128, characters: 512 * 1024 } as const;

/** From standard input for `-`, which is kept in a file until it was checked. */
export async function importKeys(
  session: Session,
  source: string,
  flags: ImportFlags,
): Promise<ExitCode> {
  if (source !== "-") return await importFile(session, source, flags);
  const folder = await mkdtemp(join(tmpdir(), "kv-import-"));
  try {
    const path = join(folder, "input");
    await pipeline(session.io.stdin, createWriteStream(path));
    return await importFile(session, path, flags);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function importFile(
  session: Session,
  path: string,
  { resume = false, dryRun = false, idempotencyKey = crypto.randomUUID() }: ImportFlags,
): Promise<ExitCode> {
  const { io, output } = session;
  const total = await check(path);
  if (dryRun) {
    output.note(`the file is whole: ${total} entries; nothing was written`);
    return exitCodes.ok;
  }
  const progress = progressOn(io, "import");
  let written = 0;
  let present = 0;
  let batches = 0;
  for await (const records of batchesOf(path)) {
    try {
      const wanted = resume ? await absent(session, records) : records;
      batches += 1;
      if (wanted.length > 0) await write(session, wanted, `${idempotencyKey}/${batches}`);
      written += wanted.length;
      present += records.length - wanted.length;
    } catch (error) {
      progress.end();
      if (error instanceof KVError) {
        const unsure = error.written === "unknown" ? `${records.length} may be written; ` : "";
        output.note(
          `stopped: ${written + present} of ${total} entries are written; ${unsure}the others are not. --resume goes on`,
        );
        // With --resume a batch is what was missing, which another run may see otherwise.
        if (error.written === "unknown" && !resume) {
          output.note(`--idempotency-key ${idempotencyKey} goes on and writes no entry twice`);
        }
      }
      throw error;
    }
    progress.update(written + present, total);
  }
  progress.end();
  const were = resume ? `, ${present} were there already` : "";
  output.note(`${written} of ${total} entries written${were}`);
  return exitCodes.ok;
}

const write = ({ kv, io }: Session, records: readonly Record[], idempotencyKey: string) =>
  kv.batch(
    records.map(({ key, value }) => ({ put: { key, value } })),
    { raw: true, signal: io.signal, idempotencyKey },
  );

/** Those that the store does not have with that very text. */
async function absent(session: Session, records: readonly Record[]): Promise<readonly Record[]> {
  const keys = records.map(({ key }) => key);
  const stored = await storedOf(session, keys);
  return records.filter(({ value }, index) => stored[index]?.value !== value);
}

/** The store may have larger values than the file: what is too much for one view is read in two. */
async function storedOf(
  session: Session,
  keys: readonly string[],
): Promise<readonly (Entry<string> | null)[]> {
  const { kv, io } = session;
  try {
    return (await kv.getMany<string>(keys, { raw: true, signal: io.signal })).entries;
  } catch (error) {
    if (!(error instanceof KVError) || error.code !== "TOO_LARGE" || keys.length === 1) throw error;
  }
  const half = Math.ceil(keys.length / 2);
  const first = await storedOf(session, keys.slice(0, half));
  return [...first, ...(await storedOf(session, keys.slice(half)))];
}

/** The number of entries. Throws unless every line, the count and the checksum are right. */
async function check(path: string): Promise<number> {
  const reader = new ExportReader();
  try {
    for await (const line of linesOf(createReadStream(path))) reader.line(line);
    return reader.end().trailer.count;
  } catch (error) {
    if (error instanceof FormatError) {
      throw new CommandError(`${error.message}; nothing was written`);
    }
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

async function* batchesOf(path: string): AsyncGenerator<readonly Record[], void, undefined> {
  const reader = new ExportReader();
  let batch: Record[] = [];
  let characters = 0;
  for await (const line of linesOf(createReadStream(path))) {
    const record = reader.line(line);
    if (record === undefined) continue;
    const isFull =
      batch.length === batchMax.operations || characters + line.length > batchMax.characters;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(record);
    characters += line.length;
  }
  if (batch.length > 0) yield batch;
}
