import { expect, test } from "vitest";
import type { Entry } from "../../../replication/types.ts";
import { entryBytesMax, readEntry, writeEntry } from "./encoding.ts";

const entry: Entry = {
  sequence: 9,
  epoch: 3,
  origin: 2,
  operations: [
    { key: "é", value: "1" },
    { key: "b", condition: { version: 7, origin: 2 } },
    { key: "c", value: "{}", condition: { version: 0, origin: 0, after: 8 } },
    { key: "d", value: "2", condition: { version: 0, origin: 0, after: 0 } },
  ],
};

test("an entry is read as it was written, within its bound", () => {
  const bytes = Buffer.alloc(5 + entryBytesMax(entry));
  const end = writeEntry(bytes, 5, entry);
  expect(end).toBeLessThanOrEqual(bytes.length);
  expect(readEntry(9, bytes.subarray(5, end))).toEqual(entry);
});

test("checks come back too, and stand after all that an earlier version reads", () => {
  const checks = [
    { key: "ü", condition: { version: 7, origin: 2 } },
    { key: "f", condition: { version: 0, origin: 0, after: 8 } },
  ];
  const checked: Entry = { ...entry, requires: { checks } };
  const bytes = Buffer.alloc(entryBytesMax(checked));
  const end = writeEntry(bytes, 0, checked);
  expect(readEntry(9, bytes.subarray(0, end))).toEqual(checked);
  const plain = Buffer.alloc(entryBytesMax(entry));
  const plainEnd = writeEntry(plain, 0, entry);
  expect(bytes.subarray(0, plainEnd)).toEqual(plain.subarray(0, plainEnd));
});

test("what an earlier version wrote of an absent key says nothing of since when", () => {
  const epochs = "0000000000000840" + "0000000000000040";
  const lengths = "03" + "01000000" + "01000000";
  const condition = "0000000000000000" + "0000000000000000";
  const bytes = Buffer.from(`${epochs}01000000${lengths}${condition}6331`, "hex");
  const create = { key: "c", value: "1", condition: { version: 0, origin: 0 } };
  expect(readEntry(9, bytes)).toEqual({ ...entry, operations: [create] });
});
