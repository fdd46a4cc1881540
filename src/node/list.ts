/** Pages of the store, in byte order of keys. */
import { compareBytes } from "../key-order.ts";
import { lastHidden } from "../replication/hidden-keys.ts";
import type { Overlay } from "../replication/leader/overlay.ts";
import type { KeyPage, KeyValue, ListQuery } from "./api.ts";
import type { Storage } from "./ports.ts";

/** Bytes of keys and values after which a page ends early; the next page goes on from there. */
export const pageBytesMax = 2 * 1024 * 1024;
/** Keys read from storage at once. Few, as their values may be too large for one page. */
const stepKeys = 64;

/** A page of the store as it is: the applied entries only. */
export function listStore(storage: Storage, asked: ListQuery): KeyPage {
  const { records, more } = readSome(storage, afterHidden(asked));
  return pageOf(records.map(toKeyValue), more, storage);
}

/** Hidden keys come before all others. */
function afterHidden(query: ListQuery): ListQuery {
  const { after } = query;
  const isBefore = after === undefined || compareBytes(after, lastHidden) < 0;
  return isBefore ? { ...query, after: lastHidden } : query;
}

/** At most `limit` records and about `pageBytesMax` bytes, at least one if any is there. */
function readSome(
  storage: Storage,
  { prefix, limit, after }: ListQuery,
): { records: readonly KeyValue[]; more: boolean } {
  const records: KeyValue[] = [];
  let bytes = 0;
  for (let from = after; ; from = records.at(-1)?.key) {
    const wanted = Math.min(stepKeys, limit + 1 - records.length);
    const step = storage.list({ prefix, after: from, limit: wanted });
    for (const record of step) {
      if (records.length === limit || bytes > pageBytesMax) return { records, more: true };
      records.push(record);
      bytes += bytesOf(record);
    }
    if (step.length < wanted) return { records, more: false };
  }
}

const bytesOf = ({ key, value }: KeyValue): number =>
  Buffer.byteLength(key) + Buffer.byteLength(value);

/** A page of the store as settled writes that are not applied yet will change it. */
export function listSettled(storage: Storage, overlay: Overlay, asked: ListQuery): KeyPage {
  const query = afterHidden(asked);
  const { prefix, limit, after } = query;
  const over = new Map<string, KeyValue | undefined>();
  for (const key of overlay.keys()) {
    if (!key.startsWith(prefix) || (after !== undefined && compareBytes(key, after) <= 0)) continue;
    const view = overlay.settledView(key);
    if (view.type !== "pending") continue;
    const { value, sequence } = view.write;
    over.set(key, value === undefined ? undefined : { key, value, version: sequence });
  }
  if (over.size === 0) return listStore(storage, query);
  const { records, more: hasMore } = readSome(storage, { prefix, after, limit: limit + over.size });
  const below = records.filter(({ key }) => !over.has(key)).map(toKeyValue);
  const above = [...over.values()].filter((entry) => entry !== undefined);
  // Storage may hold more keys after the last one read: later keys wait for the next page.
  const horizon = hasMore ? records.at(-1)?.key : undefined;
  const entries = [...below, ...above]
    .filter(({ key }) => horizon === undefined || compareBytes(key, horizon) <= 0)
    .sort((left, right) => compareBytes(left.key, right.key));
  const page = entries.slice(0, fitting(entries, limit));
  const more = page.length < entries.length || horizon !== undefined;
  return pageOf(page, more, storage, horizon);
}

/** How many of the entries fit into one page. */
function fitting(entries: readonly KeyValue[], limit: number): number {
  let bytes = 0;
  for (const [index, entry] of entries.entries()) {
    if (index === limit || bytes > pageBytesMax) return index;
    bytes += bytesOf(entry);
  }
  return entries.length;
}

/** `horizon`: where reading stopped, for a page whose keys were all deleted above the store. */
function pageOf(
  entries: readonly KeyValue[],
  more: boolean,
  storage: Storage,
  horizon?: string,
): KeyPage {
  const next = more ? (entries.at(-1)?.key ?? horizon ?? null) : null;
  return { entries, next, sequence: storage.summary().applied };
}

const toKeyValue = ({ key, value, version }: KeyValue): KeyValue => ({ key, value, version });
