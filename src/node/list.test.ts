import fc from "fast-check";
import { expect, test } from "vitest";
import { entryOf } from "../../test/support/benches/samples.ts";
import { Overlay } from "../replication/leader/overlay.ts";
import { createMemoryStorage } from "../storage/memory/memory.ts";
import { listSettled, listStore } from "./list.ts";

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

test("a leader's list is the store with the settled writes laid over, in byte order, page by page", async () => {
  const key = fc.constantFrom("a", "b", "\uffee", "😀", "𐀀", "é", "e", "z");
  const values = fc.dictionary(key, fc.constantFrom("1", "2"), { maxKeys: 8 });
  const write = fc.record({
    key,
    value: fc.option(fc.constantFrom("3", "4"), { nil: undefined }),
    settled: fc.boolean(),
  });
  const limits = fc.integer({ min: 1, max: 5 });
  await fc.assert(
    fc.asyncProperty(
      values,
      fc.array(write, { maxLength: 8 }),
      limits,
      async (below, above, limit) => {
        const storage = await storageWith(below);
        const overlay = new Overlay();
        const model = new Map<string, string>(Object.entries(below));
        for (const [index, { key: name, value, settled }] of above.entries()) {
          const entry = entryOf(index + 2, [{ key: name, value }]);
          overlay.propose(entry, false);
          if (!settled) continue;
          overlay.settle(entry);
          if (value === undefined) model.delete(name);
          else model.set(name, value);
        }
        const listed: [string, string][] = [];
        for (let after: string | undefined, pages = 0; ; pages += 1) {
          expect(pages).toBeLessThan(20);
          const { entries, next } = listSettled(storage, overlay, { prefix: "", limit, after });
          expect(entries.length).toBeLessThanOrEqual(limit);
          listed.push(...entries.map((found): [string, string] => [found.key, found.value]));
          if (next === null) break;
          after = next;
        }
        const sorted = [...model].sort(([left], [right]) =>
          Buffer.compare(Buffer.from(left), Buffer.from(right)),
        );
        expect(listed).toEqual(sorted);
      },
    ),
  );
});
