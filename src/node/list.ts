import type { Overlay } from "../replication/overlay.ts";
import type { KeyPage, KeyValue, ListQuery } from "./api.ts";
import type { Storage } from "./ports.ts";

/** A page of the store as it is. */
export function listStore(storage: Storage, query: ListQuery): KeyPage {
  const { prefix, limit, after } = query;
  const records = storage.list({ prefix, after, limit: limit + 1 });
  const entries = records.slice(0, limit).map(toKeyValue);
  return pageOf(entries, records.length > limit, storage);
}

/** A page of the store with the settled writes above it laid over. */
export function listSettled(storage: Storage, overlay: Overlay, query: ListQuery): KeyPage {
  const { prefix, limit, after } = query;
  const over = new Map<string, KeyValue | undefined>();
  for (const key of overlay.keys()) {
    if (!key.startsWith(prefix) || (after !== undefined && compareBytes(key, after) <= 0)) continue;
    const sight = overlay.sight(key);
    if (sight.is !== "pending") continue;
    const { value, sequence } = sight.write;
    over.set(key, value === undefined ? undefined : { key, value, version: sequence });
  }
  if (over.size === 0) return listStore(storage, query);
  const records = storage.list({ prefix, after, limit: limit + 1 + over.size });
  const below = records.filter(({ key }) => !over.has(key)).map(toKeyValue);
  const above = [...over.values()].filter((entry) => entry !== undefined);
  // Beyond the last key read below there may be more below: what lies over it waits its turn.
  const horizon = records.length > limit + over.size ? records.at(-1)?.key : undefined;
  const entries = [...below, ...above]
    .filter(({ key }) => horizon === undefined || compareBytes(key, horizon) <= 0)
    .sort((left, right) => compareBytes(left.key, right.key));
  const more = entries.length > limit || horizon !== undefined;
  return pageOf(entries.slice(0, limit), more, storage);
}

function pageOf(entries: readonly KeyValue[], more: boolean, storage: Storage): KeyPage {
  const next = more ? (entries.at(-1)?.key ?? null) : null;
  return { entries, next, sequence: storage.summary().applied };
}

const toKeyValue = ({ key, value, version }: KeyValue): KeyValue => ({ key, value, version });

const compareBytes = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));
