import fc from "fast-check";
import { expect, test } from "vitest";
import xxhash from "xxhash-wasm";
import { createBTree } from "../../src/storage/btree.ts";
import { SortedMap } from "./sorted-map.ts";
import { h64 } from "./xxhash.ts";

test("the hash of the playground is that of the nodes", async () => {
  const real = await xxhash();
  const text = fc.string({ unit: "binary", maxLength: 200 }).filter((one) => one.isWellFormed());
  fc.assert(
    fc.property(text, (one) => {
      expect(h64(one)).toBe(real.h64(one));
    }),
    { numRuns: 500 },
  );
});

const key = fc.integer({ min: 0, max: 30 });
type Tree = Pick<
  SortedMap<number, string>,
  "get" | "set" | "delete" | "minKey" | "maxKey" | "entries" | "values" | "forRange" | "deleteRange"
>;
const deed: fc.Arbitrary<(tree: Tree) => unknown> = fc.oneof(
  key.map((at) => (tree: Tree) => tree.set(at, `${at}`)),
  key.map((at) => (tree: Tree) => tree.delete(at)),
  key.map((at) => (tree: Tree) => tree.get(at)),
  fc.tuple(key, key).map(([low, high]) => (tree: Tree) => {
    const told: number[] = [];
    tree.forRange(low, high, true, (one) => {
      told.push(one);
    });
    return told;
  }),
  fc.tuple(key, key).map(([low, high]) => (tree: Tree) => {
    tree.deleteRange(low, high, true);
  }),
  key.map((from) => (tree: Tree) => [[...tree.entries(from)], [...tree.values(from)]]),
);

test("the sorted map of the playground does what the tree of the nodes does", () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 40 }), (deeds) => {
      const [map, tree] = [new SortedMap<number, string>(), createBTree<number, string>()];
      const copy = map.clone();
      for (const each of deeds) expect(each(map)).toEqual(each(tree as Tree));
      expect([...map.entries()]).toEqual([...tree.entries()]);
      expect([map.minKey(), map.maxKey()]).toEqual([tree.minKey(), tree.maxKey()]);
      expect([...copy.entries()]).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
