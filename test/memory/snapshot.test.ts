import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import { expect, test } from "vitest";
import { growthBetween } from "./snapshot.ts";

class Leaked {
  readonly filler = [1, 2, 3];
}

test("two heap snapshots tell what there is more of", () => {
  const folder = mkdtempSync(join(tmpdir(), "quorum-kv-snapshot-"));
  const before = writeHeapSnapshot(join(folder, "before.heapsnapshot"));
  const kept = Array.from({ length: 5000 }, () => new Leaked());
  const after = writeHeapSnapshot(join(folder, "after.heapsnapshot"));
  const growth = growthBetween(before, after);
  rmSync(folder, { recursive: true });
  expect(growth.find(({ kind }) => kind === "object Leaked")?.objects).toBe(kept.length);
});
