import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storageContract } from "./contract.ts";
import { openLmdbStorage } from "./lmdb.ts";

storageContract("LMDB", () => {
  let directory = "";
  const reopen = () => openLmdbStorage({ directory });
  return {
    async open() {
      directory = await mkdtemp(join(tmpdir(), "quorum-kv-lmdb-"));
      return reopen();
    },
    reopen,
    dispose: () => rm(directory, { recursive: true }),
  };
});
