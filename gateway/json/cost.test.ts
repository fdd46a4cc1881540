/** Reading a body or value costs at most three times what `JSON.parse` takes, whatever it holds. */
import { expect, test } from "vitest";
import { parseBody, type Shape, valueText } from "./values.ts";

/** Half of a value's limit: the time is proportional to it. */
const bytes = 512 * 1024;

const filled = (item: (index: number) => string): string => {
  const items: string[] = [];
  for (let length = 0; length < bytes; length += (items.at(-1)?.length ?? 0) + 1) {
    items.push(item(items.length));
  }
  return items.join();
};
const list = (item: (index: number) => string): string => `[${filled(item)}]`;
const object = (member: (index: number) => string): string => `{${filled(member)}}`;
const text = (part: string): string => `"${part.repeat(Math.floor(bytes / part.length))}"`;
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const letters = "zyxwvutsrqponmlkjihgfedcba".replace(/./g, '"$&":0,');
const record = { id: 1, name: "user", tags: ["a", "b"], place: { x: 1.5, y: -2 } };

/** Values that are dear in one way or another. */
const values: Readonly<Record<string, string>> = {
  "ones and one long number": `[1234567890123456,${filled(() => "1")}]`,
  "one long number and ones": `[${filled(() => "1")},9007199254740993]`,
  "long numbers": list(() => "1234567890123456.0"),
  "longer numbers": list(() => "1234567890".repeat(4)),
  "numbers of a thousand digits": list(() => `0.${"1".repeat(1000)}`),
  "one endless number": `0.${"1".repeat(bytes)}`,
  "numbers near the limit": list(() => `179${"0".repeat(306)}`),
  exponents: list(() => "1e308"),
  "long exponents": list(() => `1.${"7".repeat(20)}e308`),
  words: list(() => "true"),
  nulls: list(() => "null"),
  "white space around numbers": list(() => " 1\n"),
  "runs of white space": list(() => `${" ".repeat(60)}1`),
  "only white space": `${" ".repeat(bytes)}1`,
  "only line ends": `${"\n".repeat(bytes)}1`,
  "one string": text("x"),
  quotes: text('\\"'),
  "line ends": text("\\n"),
  "escaped letters": text("\\u0041"),
  "surrogates in escapes": text("\\ud83d\\ude00"),
  "short runs between escapes": text(`${"x".repeat(60)}\\n`),
  "runs between escapes": text(`${"x".repeat(600)}\\n`),
  "two bytes a letter": text("é"),
  "three bytes a letter": text("€"),
  "four bytes a letter": text("😀"),
  "empty strings": list(() => '""'),
  "short strings with escapes": list(() => '"\\n"'),
  "empty arrays": list(() => "[]"),
  "empty objects": list(() => "{}"),
  "nested empty arrays": list(() => nested(120)),
  "nested objects": list(() => `${'{"a":'.repeat(100)}1${"}".repeat(100)}`),
  "small objects": list(() => '{"b":1,"a":2}'),
  "names like integers": list(() => '{"2":1,"1":2}'),
  "one object of names like integers": object((index) => `"${index ^ 1}":0`),
  "one object of many names": object((index) => `"k${(index * 7919) % 1_000_003}":0`),
  "long names": object((index) => `"${String(1_000_000 - index).padStart(80, "x")}":0`),
  "objects of many names": list(() => `{${letters}"0":0}`),
  "names with escapes": list(() => '{"\\n":1,"\\b":2}'),
  "one name twice, often": list(() => '{"a":1,"a":2}'),
  "one name twice, late": `{${filled((index) => `"${index ^ 1}":0`)},"1":0}`,
  "pretty records": JSON.stringify(Array(3500).fill(record), null, 2),
  "plain records": JSON.stringify(Array(7000).fill(record)),
};

/** Microseconds of processor time of this thread alone: a busy machine does not add to them. */
const costOf = (run: () => unknown, turns: number): number => {
  const before = process.threadCpuUsage();
  for (let turn = 0; turn < turns; turn++) run();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
};

/** The clock may tick as coarsely as 4 ms: parsing is repeated until that is small beside it. */
const measuredMin = 10_000;
/** Rounds of both in turn; the cheapest of ours is compared with the median of the plain ones. */
const roundsMax = 25;
/** Three, and what the clock and a busy machine's caches add. */
const ratioMax = 4;

/** How many times as dear ours is; measured again while it is too much, as noise can only add. */
const ratioOf = (plain: () => unknown, ours: () => unknown): number => {
  let turns = 1;
  while (costOf(plain, turns) < measuredMin) turns *= 2;
  const costs: number[] = [];
  let [least, ratio] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < roundsMax && ratio > ratioMax; round++) {
    costs.push(costOf(plain, turns));
    least = Math.min(least, costOf(ours, turns));
    const sorted = costs.toSorted((left, right) => left - right);
    const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
    // The clock did not tick in the plain ones: they are measured again.
    ratio = usual === 0 ? Number.POSITIVE_INFINITY : least / usual;
  }
  return ratio;
};

const parsing = (json: Buffer) => () => {
  try {
    return JSON.parse(json.toString());
  } catch {
    return undefined;
  }
};
const members: Readonly<Record<string, Shape>> = { key: "key", value: "value" };
const shape: Shape = { members: { ...members, operations: { items: { members } } } };

test.each(Object.entries(values))("as a value and elsewhere in a body: %s", (_name, value) => {
  for (const start of ['{"value":', '{"x":', '{"operations":[{"key":']) {
    const end = start.includes("[") ? "}]}" : "}";
    const json = Buffer.from(start + value + end);
    const ours = () => parseBody(Buffer.from(json), shape);
    expect(ratioOf(parsing(json), ours), start).toBeLessThan(ratioMax);
  }
});

test.each(Object.entries(values))("as the text in a message: %s", (_name, value) => {
  const json = Buffer.from(value);
  expect(ratioOf(parsing(json), () => valueText(json.toString()))).toBeLessThan(ratioMax);
});

test("what is not JSON costs no more than what is, and a byte order mark as little as to the parser", () => {
  const good = Buffer.from(`{"value":${list(() => "1")}}`);
  for (const bad of [`{"value":]${list(() => "1")}}`, `{"value":${list(() => "1")}`]) {
    const json = Buffer.from(bad);
    expect(ratioOf(parsing(good), () => parseBody(Buffer.from(json), shape))).toBeLessThan(
      ratioMax,
    );
  }
  const marked = Buffer.concat([Buffer.from("\ufeff"), good]);
  expect(ratioOf(parsing(marked), () => parseBody(marked, shape))).toBeLessThan(ratioMax);
  expect(ratioOf(parsing(marked), () => valueText(marked.toString()))).toBeLessThan(ratioMax);
});
