/** export: the whole store, or the keys under a prefix, as a file that proves itself whole. */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { finished } from "node:stream/promises";
import type { Page, Status } from "../../src/types.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { progressOn } from "../terminal/progress.ts";
import { ExportWriter } from "../transfer/format.ts";
import { ask } from "./cluster.ts";

export interface ExportFlags {
  readonly prefix: string;
}

const pageLimit = 1000;

/** To standard output for `-`. A file appears under its name only once it is whole. */
export async function exportKeys(
  session: Session,
  target: string,
  { prefix }: ExportFlags,
): Promise<ExitCode> {
  if (target === "-") {
    const sink = (line: string) => session.output.write(line);
    await writeAll(session, prefix, sink);
    return exitCodes.ok;
  }
  const part = `${target}.part`;
  const file = createWriteStream(part, { flush: true });
  try {
    await once(file, "open");
    await writeAll(session, prefix, async (line) => {
      if (!file.write(`${line}\n`)) await once(file, "drain");
    });
    file.end();
    await finished(file);
    await rename(part, target);
  } catch (error) {
    file.destroy();
    await rm(part, { force: true });
    if (!isSystemError(error)) throw error;
    throw new CommandError(`${target} cannot be written: ${error.message}`);
  }
  return exitCodes.ok;
}

const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && "syscall" in error;

async function writeAll(
  session: Session,
  prefix: string,
  sink: (line: string) => Promise<void>,
): Promise<void> {
  const { io, output } = session;
  const status: Status = JSON.parse(await ask(session, "/nodes/@leader/status"));
  const writer = new ExportWriter();
  const progress = progressOn(io, "export");
  let page = await pageAfter(session, prefix, undefined);
  const first = page.sequence;
  const digest = prefix === "" && status.applied === first ? status.digest : null;
  await sink(writer.header({ prefix, sequence: first, digest }));
  let count = 0;
  for (;;) {
    for (const entry of page.entries) await sink(writer.record(entry));
    count += page.entries.length;
    progress.update(count, prefix === "" ? status.keys : undefined);
    if (page.next === null) break;
    page = await pageAfter(session, prefix, page.next);
  }
  await sink(writer.trailer(page.sequence));
  progress.end();
  output.note(`${count} entries exported`);
  if (page.sequence !== first) {
    output.note(
      `writes went on: each entry is of a moment between sequence ${first} and ${page.sequence}`,
    );
  }
}

const pageAfter = (
  { kv, io }: Session,
  prefix: string,
  after: string | undefined,
): Promise<Page<string>> =>
  kv.list<string>({ prefix, after, limit: pageLimit, raw: true, signal: io.signal });
