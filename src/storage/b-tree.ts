import { createRequire } from "node:module";
import type sortedBtree from "sorted-btree";

/**
 * The package is CommonJS with a default export, which Node.js and Vite's test runner import in
 * different ways; both require it in the same way.
 */
const { default: Tree } = createRequire(import.meta.url)("sorted-btree") as typeof sortedBtree;

/** A map in key order whose clone shares everything that is not written later. */
export type BTree<Key, Value> = sortedBtree.default<Key, Value>;

export const createBTree = <Key extends string | number, Value>(): BTree<Key, Value> =>
  new Tree<Key, Value>(undefined, (one, other) => (one < other ? -1 : one > other ? 1 : 0));
