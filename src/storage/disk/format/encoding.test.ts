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

test("what an earlier version wrote of an absent key says nothing of since when", () => {
  const epochs = "0000000000000840" + "0000000000000040";
  const lengths = "03" + "01000000" + "01000000";
  const condition = "0000000000000000" + "0000000000000000";
  const bytes = Buffer.from(`${epochs}01000000${lengths}${condition}6331`, "hex");
  const create = { key: "c", value: "1", condition: { version: 0, origin: 0 } };
  checkEntry(bytes, 0, bytes.length);
  expect(readEntry(9, bytes, 0, bytes.length)).toEqual({ ...entry, operations: [create] });
});
