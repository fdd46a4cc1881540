import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storageContract } from "../../../test/storage/contract.ts";
import { type DiskOptions, openDiskStorage } from "./disk.ts";

/** A checkpoint after each write, and a log file for each frame. */
const busy = { memtableBytesMax: 1, replayBytes: 1, logFileBytes: 1 };

function diskContract(name: string, bounds: Omit<DiskOptions, "directory">): void {
  storageContract(name, () => {
    let directory = "";
    const reopen = () => openDiskStorage({ directory, ...bounds });
    return {
      async open() {
        directory = await mkdtemp(join(tmpdir(), "quorum-kv-disk-"));
        return reopen();
      },
      reopen,
      dispose: () => rm(directory, { recursive: true }),
    };
  });
}

diskContract("the disk", {});
diskContract("the disk, always at a checkpoint,", busy);
