/**
 * Keys of records that the protocol itself keeps in the store. They replicate like all others, and so they are in
 * snapshots and digests, but no client can read, list, watch or write them.
 */

/** What all hidden keys begin with, and no client's key does. */
export const hiddenPrefix = "\u0000";

/** After all hidden keys in byte order, and before all others. */
export const lastHidden = `${hiddenPrefix}\u{10ffff}`;

export const isHidden = (key: string): boolean => key.startsWith(hiddenPrefix);

const recordPrefix = `${hiddenPrefix}idempotency/`;

/** Where the write with this idempotency key is remembered. */
export const recordKeyOf = (idempotencyKey: string): string => recordPrefix + idempotencyKey;

/** How many hidden operations an entry may have besides those of its writer: one record, and those it forgets. */
export const hiddenOperationsMax = 5;
/** How many bytes their keys and values have together at most. */
export const hiddenBytesMax = 4096;
