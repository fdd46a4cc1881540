/** The tree that keeps anything in order. */
import { createRequire } from "node:module";
import type sortedBtree from "sorted-btree";

/**
 * The package is CommonJS with a default export, which Node.js and Vite's test runner import in
 * different ways. Both `require` it in the same way.
 */
const { default: Tree } = createRequire(import.meta.url)("sorted-btree") as typeof sortedBtree;

/** A B+ tree. Its clone costs nothing: both share every node until one of them writes to it. */
export type BTree<Key, Value> = sortedBtree.default<Key, Value>;

/** An empty tree that orders numbers by value and strings by UTF-16 unit. */
export const createBTree = <Key extends string | number, Value>(): BTree<Key, Value> =>
  new Tree<Key, Value>(undefined, (left, right) => (left < right ? -1 : left > right ? 1 : 0));
