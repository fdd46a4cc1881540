import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { explainStoreFailure } from "./faults.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../../../test/storage/tools/fill-disk.ts", import.meta.url));
const isPossible = (command: string): boolean => spawnSync("sh", ["-c", command]).status === 0;

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorum-kv-faults-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Runs the script in a shell that first makes the disk small. */
async function fillDisk(shrink: string, makeRoom: string): Promise<Record<string, unknown>> {
  const command = `${shrink} && exec "$0" "$1" "$2/data" "$3"`;
  const shell = ["-c", command, process.execPath, script, directory, makeRoom];
  const wrapped = shrink.startsWith("mount") ? ["-rm", "sh", ...shell] : shell;
  const { stdout } = await run(shrink.startsWith("mount") ? "unshare" : "sh", wrapped);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

function expectPromisesKept(found: Record<string, unknown>, reason: RegExp): void {
  const sequence = Number(found["sequence"]);
  expect(sequence).toBeGreaterThan(10);
  expect(found["fault"]).toEqual({ reason: expect.stringMatching(reason) });
  expect(found["again"]).toEqual({ reason: expect.stringMatching(reason) });
  const last = sequence - 1;
  expect(found["whileFull"]).toEqual({
    applied: last,
    logged: last,
    readable: false,
    before: true,
  });
  expect(found["withRoom"]).toBeUndefined();
  const retried = { applied: sequence, logged: sequence, readable: true };
  expect(found["afterRetry"]).toEqual(retried);
  expect(found["afterRestart"]).toEqual(retried);
}

describe("a refused batch leaves no trace, reads continue, and a retry succeeds", () => {
  test.skipIf(!isPossible("prlimit --version"))("at the limit for the size of a file", async () => {
    const found = await fillDisk(
      "prlimit --pid $$ --fsize=4000000:unlimited",
      "prlimit --pid $WRITER --fsize=unlimited:unlimited",
    );
    expectPromisesKept(found, /^file too large \(EFBIG\)$|^no room/);
  });

  const canMount = isPossible("unshare -rm sh -c 'mount -t tmpfs -o size=1m none /mnt'");
  test.skipIf(!canMount)("on a full disk", async () => {
    const found = await fillDisk(
      'mount -t tmpfs -o size=6m none "$2" && head -c 2000000 /dev/zero > "$2/ballast"',
      `rm "${directory}/ballast"`,
    );
    expectPromisesKept(found, /^no space left on device \(ENOSPC\)$|^no room/);
  });
});

const larger = isPossible("unshare -rm sh -c 'mount -t tmpfs -o size=100m none /mnt'");
test.skipIf(!larger)(
  "a checkpoint waits while the disk is full, and the process survives",
  async () => {
    const tool = fileURLToPath(
      new URL("../../../test/storage/tools/checkpoint-on-full-disk.ts", import.meta.url),
    );
    const command = `mount -t tmpfs -o size=100m none "$2" && exec "$0" "$1" "$2/data" "$2/ballast"`;
    const shell = ["-rm", "sh", "-c", command, process.execPath, tool, directory];
    const { stdout } = await run("unshare", shell);
    const found = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    const kept = { readable: true, applied: 111, sequence: 111 };
    expect(found).toEqual({ faults: [], waited: true, ...kept });
  },
);

describe("the reason of a failed transaction", () => {
  const failed = (code: number, message = "from LMDB"): Error =>
    Object.assign(new Error(message), { code });
  const atPage = "Attempting to write page at position 8192";

  test("names the system's error, and is not fatal where data pages could not be written", async () => {
    expect(await explainStoreFailure(failed(28, atPage), directory)).toEqual({
      reason: "no space left on device (ENOSPC)",
      fatal: false,
    });
    expect(await explainStoreFailure(failed(30, atPage), directory)).toMatchObject({
      fatal: false,
    });
    expect(await explainStoreFailure(failed(-30792), directory)).toMatchObject({ fatal: false });
  });

  test("is that of the system where no space could be reserved for it", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left"), { errno: -28, code: "ENOSPC" });
    expect(await explainStoreFailure(full, directory)).toEqual({
      reason: "no space left on device (ENOSPC)",
      fatal: false,
    });
    const broken = Object.assign(new Error("EIO: i/o error"), { errno: -5, code: "EIO" });
    expect(await explainStoreFailure(broken, directory)).toMatchObject({ fatal: true });
  });

  test("is that of the promise in which lmdb hides the cause", async () => {
    const commitError = Promise.reject(failed(27, atPage));
    const outer = Object.assign(new Error("Commit failed"), { commitError });
    expect((await explainStoreFailure(outer, directory)).reason).toBe("file too large (EFBIG)");
  });

  test("is fatal where a flush or the meta page failed", async () => {
    const fatalOnes = [failed(5), failed(5, atPage), failed(28), failed(-30795)];
    for (const error of fatalOnes) {
      const { reason, fatal } = await explainStoreFailure(error, directory);
      expect(fatal).toBe(true);
      expect(reason).toMatch(/; nothing is written until this node is restarted$/);
    }
  });
});
