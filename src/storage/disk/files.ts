/** What files and folders need beyond one call. */
import type { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";

/** A name that a power cut takes out of its directory was not flushed, whatever is in the file. */
export async function flushDirectory(directory: string): Promise<void> {
  const folder = await open(directory, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Writes all of the bytes, however many at a time the system takes. */
export async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
