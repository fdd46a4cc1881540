/** The order of keys, and the tree that keeps anything in order. */
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

const outOfOrder = /[\ud800-\uffff]/;
const eachOutOfOrder = /[\ud800-\uffff]/g;

/**
 * A string that compares with `<` as the UTF-8 bytes of the key do. JavaScript compares UTF-16
 * units, which puts surrogates (characters from U+10000 up) below U+E000..U+FFFF, although their
 * bytes are higher. Both ranges are therefore moved. The rank of a prefix is a prefix of the rank,
 * and nearly every key is its own rank.
 */
export const byteRank = (key: string): string =>
  outOfOrder.test(key) ? key.replace(eachOutOfOrder, movedUnit) : key;

function movedUnit(unit: string): string {
  const code = unit.charCodeAt(0);
  return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
}

/** Negative, 0 or positive, as the UTF-8 bytes of `left` are lower, equal or higher. */
export function compareBytes(left: string, right: string): number {
  const [leftRank, rightRank] = [byteRank(left), byteRank(right)];
  return leftRank < rightRank ? -1 : leftRank > rightRank ? 1 : 0;
}
