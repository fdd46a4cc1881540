import { expect, test } from "vitest";
import { storageContract } from "../../../test/storage/contract.ts";
import { write } from "../../../test/storage/support.ts";
import { createMemoryStorage } from "./memory.ts";

storageContract("memory", () => ({
  open: async () => createMemoryStorage(),
  reopen: undefined,
  dispose: async () => {},
}));

test("a given scheduler decides when a write is made and told", async () => {
  const deferred: (() => void)[] = [];
  const storage = createMemoryStorage({ defer: (run) => deferred.push(run) });
  let told = false;
  const written = write(storage, {
    append: [{ sequence: 1, epoch: 1, origin: 1, operations: [] }],
  });
  void written.then(() => {
    told = true;
  });
  expect(storage.logBounds().last).toBe(0);
  expect(told).toBe(false);
  deferred.shift()?.();
  expect(storage.logBounds().last).toBe(1);
  await written;
});
