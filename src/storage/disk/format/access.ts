/** Who may read the data: the user of the node, and nobody else. */
import type { Stats } from "node:fs";
import { chmod, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Read and write for the owner. Every file is made with it, so that no umask can widen it. */
export const fileMode = 0o600;
/** The same for folders. */
export const folderMode = 0o700;

const others = 0o077;
const sticky = 0o1000;

/** Makes an empty file unless there is one: whoever opens it later cannot give it another mode. */
export async function makeFile(path: string): Promise<void> {
  await (await open(path, "a", fileMode)).close();
}

/** What a data folder may hold without being somebody else's as well. */
export interface OwnNames {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/**
 * Takes everybody else's access to the data away, which former versions left to the umask. Returns
 * one sentence about what others may still reach, or undefined. The data folder itself is left as it
 * is where it belongs to another user, such as the root of a volume, or is shared, such as /tmp.
 */
export async function closeToOthers(directory: string, own: OwnNames): Promise<string | undefined> {
  const open: string[] = [];
  const files = own.files.map((name) => join(directory, name));
  for (const name of own.folders) {
    const folder = join(directory, name);
    if (!(await narrow(folder, folderMode))) open.push(folder);
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isFile()) files.push(join(folder, entry.name));
  }
  for (const file of files) if (!(await narrow(file, fileMode))) open.push(file);
  const isClosed = (await isShared(directory, own))
    ? !isOpen(await stat(directory))
    : await narrow(directory, folderMode);
  if (open.length > 0) {
    const more = open.length === 1 ? "" : ` and ${open.length - 1} more`;
    return `other users can read ${open[0]}${more}, and its mode cannot be changed`;
  }
  if (isClosed) return undefined;
  return `other users can list ${directory}, which is shared or belongs to another user; the files in it are closed to them`;
}

const isOpen = ({ mode }: Stats): boolean => (mode & others) !== 0;

/** True where only the owner has access in the end. A missing file is closed to everybody. */
async function narrow(path: string, mode: number): Promise<boolean> {
  try {
    const found = await stat(path);
    // Bits such as "set group id" of a folder stay.
    if (isOpen(found)) await chmod(path, (found.mode & 0o7000) | mode);
    return !isOpen(await stat(path));
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}

/** Whether others may rely on the mode of this folder. */
async function isShared(directory: string, own: OwnNames): Promise<boolean> {
  const { uid, mode } = await stat(directory);
  if (uid !== process.geteuid?.() || (mode & sticky) !== 0) return true;
  const known = new Set([...own.files, ...own.folders, "lost+found"]);
  return (await readdir(directory)).some((name) => !known.has(name));
}
