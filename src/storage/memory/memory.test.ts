import { expect, test } from "vitest";
import { storageContract } from "../../../test/storage/contract.ts";
import { write } from "../../../test/storage/support.ts";
import { createMemoryStorage } from "./memory.ts";

storageContract("memory", () => ({
  open: async () => createMemoryStorage(),
  reopen: undefined,
  dispose: async () => {},
}));

test("the scheduler decides when a write is made and reported", async () => {
  const deferred: (() => void)[] = [];
  const storage = createMemoryStorage({ defer: (run) => deferred.push(run) });
  let reported = false;
  const written = write(storage, {
    append: [{ sequence: 1, epoch: 1, origin: 1, operations: [] }],
  });
  void written.then(() => {
    reported = true;
  });
  expect(storage.logBounds().last).toBe(0);
  expect(reported).toBe(false);
  deferred.shift()?.();
  expect(storage.logBounds().last).toBe(1);
  await written;
});
