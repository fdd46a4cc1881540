import fc from "fast-check";
import { expect, test } from "vitest";
import { compareKeys } from "../key-order.ts";
import { ExportReader, ExportWriter, FormatError, type Record } from "./format.ts";
import { linesOf } from "./lines.ts";

const records = fc
  .uniqueArray(
    fc.record({
      key: fc.string({ unit: "grapheme", minLength: 1 }),
      value: fc.oneof(
        fc.json(),
        fc.constantFrom("1.10", "12345678901234567890", '"\u2028\u2029"', '"\\u0041"', "1e-400"),
      ),
      version: fc.nat(),
    }),
    { selector: ({ key }) => key },
  )
  .map((given): Record[] => given.toSorted((one, other) => compareKeys(one.key, other.key)));

function fileOf(given: readonly Record[]): Buffer {
  const writer = new ExportWriter();
  const lines = [
    writer.header({ prefix: "", sequence: 7, digest: "0123456789abcdef" }),
    ...given.map((record) => writer.record(record)),
    writer.trailer(9),
  ];
  return Buffer.from(lines.map((line) => `${line}\n`).join(""));
}

async function read(file: Uint8Array, chunkBytes = 65_536) {
  const reader = new ExportReader();
  const found: Record[] = [];
  async function* chunks() {
    for (let at = 0; at < file.length; at += chunkBytes) yield file.subarray(at, at + chunkBytes);
  }
  for await (const line of linesOf(chunks())) {
    const record = reader.line(line);
    if (record !== undefined) found.push(record);
  }
  return { found, ...reader.end() };
}

test("what was written is read, to the last digit and however it is cut into chunks", async () => {
  await fc.assert(
    fc.asyncProperty(records, fc.integer({ min: 1, max: 100 }), async (given, chunkBytes) => {
      expect(await read(fileOf(given), chunkBytes)).toEqual({
        found: given,
        header: { prefix: "", sequence: 7, digest: "0123456789abcdef" },
        trailer: { count: given.length, sequence: 9 },
      });
    }),
  );
});

test("a file that was cut off anywhere is refused", async () => {
  await fc.assert(
    fc.asyncProperty(records, fc.double({ min: 0, max: 1, noNaN: true }), async (given, share) => {
      const file = fileOf(given);
      // Without its last line end the file is still whole.
      const cut = file.subarray(0, Math.floor(share * (file.length - 2)));
      await expect(read(cut)).rejects.toBeInstanceOf(FormatError);
    }),
  );
});

test("a file of which one byte was changed is refused", async () => {
  const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  await fc.assert(
    fc.asyncProperty(records, position, fc.integer({ min: 1, max: 255 }), async (given, at, by) => {
      const file = fileOf(given);
      const start = file.lastIndexOf('"sequence"');
      const index = Math.floor(at * file.length);
      // The trailer's own sequence is the one thing that only informs.
      fc.pre(index < start || index > start + 12);
      file[index] = (file[index] ?? 0) ^ by;
      // White space between the parts of the trailer, and its last line end, mean nothing.
      fc.pre(!(index >= file.length - 2));
      await expect(read(file)).rejects.toThrow();
    }),
  );
});

test("something after the trailer, a missing line and a repeated one are refused", async () => {
  const given = ["a", "b"].map((key) => ({ key, value: "1", version: 1 }));
  const lines = fileOf(given).toString().trimEnd().split("\n");
  const [header = "", one = "", other = "", trailer = ""] = lines;
  for (const wrong of [
    [header, one, other, trailer, one],
    [header, one, trailer],
    [header, one, one, other, trailer],
    [header, other, one, trailer],
    [one, other, trailer],
    [],
  ]) {
    await expect(read(Buffer.from(wrong.join("\n")))).rejects.toBeInstanceOf(FormatError);
  }
});
