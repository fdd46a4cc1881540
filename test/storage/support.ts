/** Short ways to write to a storage, to build what is written, and to read all of it back. */
import { Buffer } from "node:buffer";
import type { Storage, StorageBatch, StorageFault } from "../../src/node/ports.ts";
import { historyAfter } from "../../src/replication/history.ts";
import {
  type Digest,
  EMPTY_HISTORY,
  type Entry,
  type HardState,
  type History,
  type Operation,
  type Sequence,
  type StoreRecord,
} from "../../src/replication/types.ts";

/** The storage under test. After a restart it is another object. */
export type Current = () => Storage;
/** Closes the storage and opens its data again. False where the storage keeps no data. */
export type Restart = () => Promise<boolean>;

/** A limit that no test of the log reaches. */
export const enough = { entriesMax: 1000, bytesMax: 1 << 20 };

/** Resolves when `begin` reports success, and rejects with the reason of a fault. */
export const flushed = (
  begin: (done: (fault: StorageFault | undefined) => void) => void,
): Promise<void> =>
  new Promise((resolve, reject) =>
    begin((fault) => (fault ? reject(new Error(fault.reason)) : resolve())),
  );

/** Writes a batch, whose missing parts are empty. Rejects with the reason of a fault. */
export const write = (storage: Storage, batch: Partial<StorageBatch>): Promise<void> =>
  flushed((done) => storage.write({ append: [], apply: [], ...batch }, done));

/** As `write`, but a fault is the result. */
export const tryWrite = (
  storage: Storage,
  batch: Partial<StorageBatch>,
): Promise<StorageFault | undefined> =>
  new Promise((resolve) => storage.write({ append: [], apply: [], ...batch }, resolve));

/** The digest of an empty store. */
export const emptyDigest: Digest = "0000000000000000";

/** An entry that was first proposed in the epoch that it has. */
export const entry = (sequence: Sequence, operations: readonly Operation[], epoch = 1): Entry => ({
  sequence,
  epoch,
  origin: epoch,
  operations,
});

export const put = (key: string, value = `"${key}"`): Operation => ({ key, value });

/** A put of each key. */
export const puts = (keys: readonly string[], value?: string): Operation[] =>
  keys.map((key) => put(key, value));

/** Every record of the store, in byte order. */
export function everything(storage: Storage): readonly StoreRecord[] {
  const copy = storage.copy();
  const records = copy.page(undefined, Number.POSITIVE_INFINITY);
  copy.close();
  return records;
}

/** The sum over these entries alone. */
export const historyOf = (...entries: readonly Entry[]): History =>
  historyAfter(EMPTY_HISTORY, entries);

export const sequencesOf = (entries: readonly Entry[]): Sequence[] =>
  entries.map(({ sequence }) => sequence);

export const keysOf = (records: readonly StoreRecord[]): string[] => records.map(({ key }) => key);

/** Among others keys whose order by UTF-16 units is not the order of their bytes. */
export const trickyKeys = [
  "😀",
  "\uffee",
  "\ue000",
  "𐀀",
  "é",
  "e\u0301",
  "e",
  "é́",
  "\u0000",
  "\u007f",
];

export const compareUtf8 = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

export const inByteOrder = (keys: readonly string[]): string[] => [...keys].sort(compareUtf8);

/** No field has the value that it has on an empty disk. */
export const hardState: HardState = {
  promisedEpoch: 7,
  promisedLeader: "leader",
  ledEpoch: 3,
  blank: false,
  floor: { epoch: 7, number: 2, quorum: 3, over: 4 },
  committed: 12,
  members: [{ id: "leader", url: "http://a", peerUrl: "http://b" }],
};
