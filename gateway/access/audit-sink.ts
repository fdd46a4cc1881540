/** Where the lines of the audit log go: a file that others may move away, or standard output. */
import { write as writeTo } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { promisify } from "node:util";

export interface AuditSink {
  /** Writes whole lines. After a failure none of them counts as written. */
  write(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with one sentence where the file cannot be opened. */
export async function openSink(to: string): Promise<AuditSink> {
  if (to === "-") return standardOutput;
  try {
    return new AuditFile(to, await openFile(to));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`AUDIT_LOG ${to} cannot be written: ${reason}`, { cause });
  }
}

/** Appended to, so that several nodes may share a file; readable by its owner alone. */
const openFile = (path: string): Promise<FileHandle> => open(path, "a", 0o600);

/** Looks before each write whether the file at its path is still the one it has open. */
class AuditFile implements AuditSink {
  readonly #path: string;
  #file: FileHandle;

  constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  async write(lines: readonly string[]): Promise<void> {
    const [there, own] = await Promise.all([
      stat(this.#path).catch(() => undefined),
      this.#file.stat(),
    ]);
    if (there?.ino !== own.ino || there.dev !== own.dev) {
      const moved = this.#file;
      this.#file = await openFile(this.#path);
      await moved.close();
    }
    await this.#file.appendFile(lines.join(""));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

const write = promisify(writeTo);

/** Not `process.stdout`, which would block the node while nobody reads the pipe. One line is one write. */
const standardOutput: AuditSink = {
  write: async (lines) => {
    for (const line of lines) {
      let rest: Buffer = Buffer.from(line);
      while (rest.length > 0) rest = rest.subarray((await write(1, rest)).bytesWritten);
    }
  },
  close: async () => undefined,
};
