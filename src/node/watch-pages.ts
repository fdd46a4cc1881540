/** What watches are told: whole entries at a time, put together once for all watches of one prefix. */
import { isHidden } from "../replication/hidden-keys.ts";
import type { Entry, Sequence } from "../replication/types.ts";
import type { AppliedOperation } from "./watch-query.ts";

/** Operations of whole entries, in order. */
export interface WatchPage {
  /** Never empty. The same object for every watch that is told of it. */
  readonly operations: readonly AppliedOperation[];
  /** The sequence of the last one. */
  readonly last: Sequence;
}

/** A page takes no more entries once it has about this much: a slow watch may pause after each. */
const pageBytesMax = 16 * 1024;

/** The pages for watches of one prefix; entries without such keys are in none. */
export function pagesOf(entries: readonly Entry[], prefix: string): readonly WatchPage[] {
  const pages: WatchPage[] = [];
  let operations: AppliedOperation[] = [];
  let bytes = 0;
  for (const { sequence, operations: written } of entries) {
    if (bytes >= pageBytesMax) {
      pages.push(pageOf(operations));
      operations = [];
      bytes = 0;
    }
    for (const { key, value } of written) {
      if (!key.startsWith(prefix) || isHidden(key)) continue;
      operations.push({ sequence, key, value });
      bytes += key.length + (value?.length ?? 0);
    }
  }
  if (operations.length > 0) pages.push(pageOf(operations));
  return pages;
}

const pageOf = (operations: readonly AppliedOperation[]): WatchPage => ({
  operations,
  last: operations.at(-1)?.sequence ?? 0,
});
