import { expect, test } from "vitest";
import type { Entry } from "../../../replication/types.ts";
import { checkEntry, entryBytesMax, readEntry, writeEntry } from "./encoding.ts";

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
  checkEntry(bytes, 5, end);
  expect(readEntry(9, bytes, 5, end)).toEqual(entry);
});

test("checks come back too, and stand after all that an earlier version reads", () => {
  const checks = [
    { key: "ü", condition: { version: 7, origin: 2 } },
    { key: "f", condition: { version: 0, origin: 0, after: 8 } },
  ];
  const checked: Entry = { ...entry, requires: { checks } };
  const bytes = Buffer.alloc(entryBytesMax(checked));
  const end = writeEntry(bytes, 0, checked);
  checkEntry(bytes, 0, end);
  expect(readEntry(9, bytes, 0, end)).toEqual(checked);
  const plain = Buffer.alloc(entryBytesMax(entry));
  const plainEnd = writeEntry(plain, 0, entry);
  expect(bytes.subarray(0, plainEnd)).toEqual(plain.subarray(0, plainEnd));
});

test("checks of another form are damage", () => {
  const key = "f";
  const condition = { version: 7, origin: 2 };
  const written = (check: object) => {
    const checked = { ...entry, requires: { checks: [check as (typeof entry.operations)[0]] } };
    const bytes = Buffer.alloc(200);
    return bytes.subarray(0, writeEntry(bytes, 0, checked as Entry));
  };
  const good = written({ key, condition });
  checkEntry(good, 0, good.length);
  const none = Buffer.from(good);
  none.writeUInt32LE(0, good.length - 4 - 9 - 16 - 1);
  for (const bytes of [
    written({ key }),
    written({ key, value: "1", condition }),
    Buffer.concat([good, Buffer.alloc(4)]),
    good.subarray(0, good.length - 1),
    none,
  ])
    expect(() => checkEntry(bytes, 0, bytes.length)).toThrow();
});

test("what an earlier version wrote of an absent key says nothing of since when", () => {
  const epochs = "0000000000000840" + "0000000000000040";
  const lengths = "03" + "01000000" + "01000000";
  const condition = "0000000000000000" + "0000000000000000";
  const bytes = Buffer.from(`${epochs}01000000${lengths}${condition}6331`, "hex");
  const create = { key: "c", value: "1", condition: { version: 0, origin: 0 } };
  checkEntry(bytes, 0, bytes.length);
  expect(readEntry(9, bytes, 0, bytes.length)).toEqual({ ...entry, operations: [create] });
});
