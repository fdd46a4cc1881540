/** Disks written before stores kept a history, and how histories are stored since. */
import { Buffer } from "node:buffer";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enough, entry, everything, flushed, put, write } from "../../../test/storage/support.ts";
import { historyAfter } from "../../replication/history.ts";
import { BLANK_HARD_STATE, type Entry, type StoreRecord } from "../../replication/types.ts";
import { digestOf, recordHash } from "../standing.ts";
import { openDiskStorage } from "./disk.ts";
import { writeEntry } from "./format/encoding.ts";
import { Arena, readCheckpoint, writeCheckpoint } from "./lmdb/codec.ts";
import { openEnvironment } from "./lmdb/environment.ts";
import { FrameWriter, readFrame } from "./log/frame.ts";

const salt = 0x5a17;
const flushedHardState = {
  ...BLANK_HARD_STATE,
  promisedEpoch: 1,
  promisedLeader: "leader",
  committed: 3,
  ledEpoch: 1,
};
/** As the version before histories wrote it. */
function earlierHardState(): string {
  const { ledEpoch: reignEpoch, ...others } = flushedHardState;
  return JSON.stringify({ ...others, reignEpoch });
}

const entries = [1, 2, 3].map((number) => entry(number, [put(`key ${number}`)]));
const recordOf = ({ sequence, origin }: Entry): StoreRecord => ({
  key: `key ${sequence}`,
  value: `"key ${sequence}"`,
  version: sequence,
  origin,
});
const sumOf = (records: readonly StoreRecord[]): bigint =>
  BigInt.asUintN(
    64,
    records.reduce((sum, record) => sum + recordHash(record), 0n),
  );

/** Frame n of that version: entry n appended and applied, and the hard state. */
function earlierFrame(number: number, hardState = earlierHardState()): Buffer {
  const records = entries.slice(0, number).map(recordOf);
  const [appended] = entries.slice(number - 1, number);
  if (appended === undefined) throw new Error(`there is no entry ${number}`);
  const bytes = Buffer.alloc(1024);
  const start = 72 + 12;
  const end = writeEntry(bytes, start, appended);
  bytes.writeDoubleLE(appended.sequence, 72);
  bytes.writeUInt32LE(end - start, 80);
  const hardStateBytes = bytes.write(hardState, end, "utf8");
  const size = Math.ceil((end + hardStateBytes) / 8) * 8;
  bytes.write("QKVf", 0, "latin1");
  bytes.writeUInt32LE(size, 8);
  bytes.writeDoubleLE(number, 16);
  bytes.writeDoubleLE(number, 24);
  bytes.writeBigUInt64LE(sumOf(records), 32);
  bytes.writeDoubleLE(records.length, 40);
  bytes.writeUInt32LE(1, 60);
  bytes.writeUInt32LE(hardStateBytes, 68);
  bytes.writeUInt32LE(crc32(bytes.subarray(8, size), salt), 4);
  return bytes.subarray(0, size);
}

function earlierFileHeader(): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.write("quorumkv", 0, "latin1");
  bytes.writeUInt32LE(1, 8);
  bytes.writeUInt32LE(salt, 12);
  bytes.writeDoubleLE(1, 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24);
  return bytes;
}

/** A checkpoint after a frame. The log begins with frame 1. */
function earlierCheckpoint(frame: number, records: readonly StoreRecord[]): Buffer {
  const bytes = Buffer.alloc(49);
  bytes.writeDoubleLE(frame, 0);
  bytes.writeBigUInt64LE(sumOf(records), 8);
  bytes.writeDoubleLE(records.length, 16);
  bytes.writeDoubleLE(frame, 33);
  bytes.writeDoubleLE(1, 41);
  return bytes;
}

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorum-kv-history-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** A directory as that version left it after three flushes, `checkpointed` of them in LMDB. */
async function leaveEarlierDirectory(checkpointed: number): Promise<void> {
  const records = entries.slice(0, checkpointed).map(recordOf);
  const environment = openEnvironment(directory);
  await environment.commit(() => {
    const arena = new Arena();
    void environment.meta.put("format", Buffer.from("quorum-kv 2"));
    if (checkpointed === 0) return;
    for (const record of records)
      void environment.stores[0].put(record.key, arena.record(record, recordHash(record)));
    void environment.meta.put("marks", Buffer.from(earlierHardState()));
    void environment.meta.put("footing", earlierCheckpoint(checkpointed, records));
  });
  await environment.close();
  await mkdir(join(directory, "log"));
  const file = [earlierFileHeader(), ...[1, 2, 3].map((number) => earlierFrame(number))];
  await writeFile(join(directory, "log", "00000000000000000001.log"), Buffer.concat(file));
}

describe("a directory of the version before histories", () => {
  const records = entries.map(recordOf);
  const cases = [0, 1, 3].flatMap((checkpointed) => [
    { checkpointed, bounds: {}, checkpoints: "none after" },
    {
      checkpointed,
      bounds: { memtableBytesMax: 1, logFileBytes: 1 },
      checkpoints: "one a write after",
    },
  ]);

  test.each(cases)(
    "is read whole; its history is unknown until a snapshot brings one ($checkpointed of 3 in its checkpoint, $checkpoints)",
    async ({ checkpointed, bounds }) => {
      await leaveEarlierDirectory(checkpointed);
      let storage = await openDiskStorage({ directory, ...bounds });
      const restart = async (): Promise<void> => {
        await storage.close();
        storage = await openDiskStorage({ directory, ...bounds });
      };
      for (let start = 1; start <= 2; start += 1) {
        const digest = digestOf(records);
        expect(storage.summary()).toEqual({ applied: 3, digest, history: undefined, keys: 3 });
        expect(everything(storage)).toEqual(records);
        expect(storage.readLog(1, enough)).toEqual(entries);
        expect(storage.hardState()).toEqual(flushedHardState);
        // The history of a range comes from the log, which that version wrote as well.
        const range = historyAfter("0000000000000000", entries.slice(1));
        expect(storage.logHistory({ from: 2, to: 3 })).toBe(range);
        await restart();
      }
      const more = [4, 5].map((number) => entry(number, [put("more", String(number))]));
      for (const each of more) await write(storage, { append: [each], apply: [each] });
      expect(storage.summary()).toMatchObject({ applied: 5, history: undefined, keys: 4 });
      await restart();
      expect(storage.summary()).toMatchObject({ applied: 5, history: undefined, keys: 4 });
      const end = { applied: 7, digest: digestOf(records), history: "00112233445566ff" };
      storage.incoming.begin();
      await flushed((done) => storage.incoming.add(records, done));
      await flushed((done) =>
        storage.incoming.install({ ...end, hardState: flushedHardState }, done),
      );
      await restart();
      expect(storage.summary()).toEqual({ ...end, keys: 3 });
      await write(storage, { apply: [entry(8, [])] });
      await restart();
      const history = historyAfter(end.history, [entry(8, [])]);
      expect(storage.summary()).toEqual({ ...end, applied: 8, history, keys: 3 });
      await storage.close();
    },
  );
});

/** HardState of every length modulo the frames' alignment. */
const content = fc.record({
  history: fc.constantFrom(undefined, "0000000000000000", "0123456789abcdef", "ffffffffffffffff"),
  leader: fc.string({ maxLength: 9 }),
  append: fc.constantFrom([], entries.slice(0, 1), entries),
  installs: fc.boolean(),
});
type Content = typeof content extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function frameOf({ history, leader, append, installs }: Content): Buffer {
  const standing = { applied: 3, sum: 5n, keys: 2, history };
  const commitPoint = { frame: 9, standing, active: 1, compactedTo: 4 } as const;
  const hardState = leader === "" ? undefined : { ...flushedHardState, promisedLeader: leader };
  const all = { commitPoint, installs, append, applyOnly: entries.slice(1, 2), hardState };
  return Buffer.from(new FrameWriter().write(all, salt).bytes);
}

describe("a frame", () => {
  test("returns the history", () => {
    fc.assert(
      fc.property(content, (drawn) => {
        const frame = readFrame(Buffer.concat([Buffer.alloc(8, 0xa5), frameOf(drawn)]), 8);
        expect(frame.commitPoint.standing.history).toBe(drawn.history);
        expect(frame.installs).toBe(drawn.installs);
        const { leader } = drawn;
        expect(frame.hardState?.promisedLeader).toBe(leader === "" ? undefined : leader);
      }),
    );
  });

  test("whose history is unknown equals that of the version before", () => {
    const records = entries.slice(0, 2).map(recordOf);
    const standing = { applied: 2, sum: sumOf(records), keys: 2, history: undefined };
    const commitPoint = { frame: 2, standing, active: 0, compactedTo: 0 } as const;
    const append = entries.slice(1, 2);
    const all = {
      commitPoint,
      installs: false,
      append,
      applyOnly: [],
      hardState: flushedHardState,
    };
    const { bytes } = new FrameWriter().write(all, salt);
    expect(Buffer.from(bytes)).toEqual(earlierFrame(2, JSON.stringify(flushedHardState)));
  });

  test("holds the history where the version before expects padding", () => {
    fc.assert(
      fc.property(content, (drawn) => {
        const [known, unknown] = [drawn, { ...drawn, history: undefined }].map(frameOf);
        if (known === undefined || unknown === undefined) throw new Error("two frames were made");
        const said = unknown.length - (unknown.readUInt32LE(68) === 0 ? 0 : 8);
        expect(known.subarray(16, said)).toEqual(unknown.subarray(16, said));
        // That version reads only the lowest flag.
        expect(known.readUInt32LE(12) & 1).toBe(unknown.readUInt32LE(12) & 1);
        expect(known.length - unknown.length).toBe(drawn.history === undefined ? 0 : 8);
      }),
    );
  });
});

test("a checkpoint returns the history, stored behind what the version before reads", () => {
  const checkpoint = (history: string | undefined) => {
    const standing = { applied: 3, sum: 5n, keys: 2, history };
    return {
      commitPoint: { frame: 9, standing, active: 1, compactedTo: 4 },
      oldestFile: 7,
    } as const;
  };
  const unknown = writeCheckpoint(checkpoint(undefined));
  expect(readCheckpoint(unknown)).toEqual(checkpoint(undefined));
  for (const history of ["0000000000000000", "0123456789abcdef", "ffffffffffffffff"]) {
    const known = writeCheckpoint(checkpoint(history));
    expect(readCheckpoint(known)).toEqual(checkpoint(history));
    expect(known.subarray(0, unknown.length)).toEqual(unknown);
  }
});
