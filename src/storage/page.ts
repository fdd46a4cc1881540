/** Pages of the log and of copies: the first of many items, as far as a limit allows. */
import type { StoreRecord } from "../replication/types.ts";

/** Approximate size of a record in a message, in bytes. */
export const recordBytes = (record: StoreRecord): number =>
  record.key.length + record.value.length + 24;

/**
 * The first items, at most `itemsMax` of them and at most `bytesMax` bytes by `bytesOf`. The first
 * item is always taken, so that a reader of pages makes progress whatever its size.
 */
export function takePage<Item>(
  items: Iterable<Item>,
  limit: { readonly itemsMax?: number; readonly bytesMax: number },
  bytesOf: (item: Item) => number,
): Item[] {
  const { itemsMax = Number.POSITIVE_INFINITY, bytesMax } = limit;
  const page: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += bytesOf(item);
    if (page.length > 0 && (page.length >= itemsMax || bytes > bytesMax)) break;
    page.push(item);
  }
  return page;
}
