import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStorage } from "../storage/memory.ts";
import { listStore } from "./list.ts";

const storageWith = async (values: Readonly<Record<string, string>>) => {
  const storage = createMemoryStorage();
  const operations = Object.entries(values).map(([key, value]) => ({ key, value }));
  const entry = { sequence: 1, epoch: 1, origin: 1, operations };
  await new Promise((resolve) => storage.write({ append: [], apply: [entry] }, resolve));
  return storage;
};
const all = (storage: Awaited<ReturnType<typeof storageWith>>, limit: number) => {
  const pages: (readonly { key: string; value: string }[])[] = [];
  for (let after: string | undefined; ; ) {
    const { entries, next } = listStore(storage, { prefix: "", limit, after });
    pages.push(entries);
    if (next === null) return pages;
    after = next;
  }
};

test("pages of any size hold every key once, in order", async () => {
  const count = fc.integer({ min: 0, max: 300 });
  await fc.assert(
    fc.asyncProperty(count, fc.integer({ min: 1, max: 200 }), async (keys, limit) => {
      const names = Array.from({ length: keys }, (_, index) => `k${1000 + index}`);
      const pages = all(await storageWith(Object.fromEntries(names.map((k) => [k, "1"]))), limit);
      expect(pages.flat().map(({ key }) => key)).toEqual(names);
      for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
    }),
    { numRuns: 50 },
  );
});

test("a page of large values ends early instead of growing without bound", async () => {
  const value = JSON.stringify("x".repeat(1_000_000));
  const names = Array.from({ length: 20 }, (_, index) => `k${100 + index}`);
  const pages = all(await storageWith(Object.fromEntries(names.map((k) => [k, value]))), 1000);
  expect(pages.flat().map(({ key }) => key)).toEqual(names);
  for (const page of pages) expect(page.length).toBeLessThanOrEqual(3);
});
