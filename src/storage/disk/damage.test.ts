import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  boundsOf,
  type Forgery,
  type FrameField,
  forged,
  frameFields,
} from "../../../test/storage/forged-log.ts";
import { enough, entry, everything, flushed, put, write } from "../../../test/storage/support.ts";
import type { Storage } from "../../node/ports.ts";
import { BLANK_HARD_STATE } from "../../replication/types.ts";
import { openDiskStorage } from "./disk.ts";
import { Arena, writeCheckpoint } from "./lmdb/codec.ts";
import { type Environment, metaKeys, openEnvironment } from "./lmdb/environment.ts";
import { fileName } from "./log/log-file.ts";

const floor = { epoch: 3, number: 1, quorum: 1, over: 3, elected: true };
const members = [{ id: "a", url: "http://a:4567", peerUrl: "http://a:4567" }];
const hardState = { ...BLANK_HARD_STATE, promisedEpoch: 3, floor, members };

let parent = "";
/** What a node left: without a checkpoint, and with one over its received store. */
let templates: readonly { readonly directory: string; readonly log: Buffer }[] = [];
let directory = "";
const logOf = (folder: string): string => join(folder, "log", fileName(1));

/**
 * Six frames: entries, a hole, an entry that only its frame has, a condition; the seventh, in the
 * middle, is a received store, which brings a checkpoint with it.
 */
async function leave(folder: string, receives: boolean): Promise<void> {
  const storage = await openDiskStorage({ directory: folder });
  const first = [entry(1, [put("a"), put("é", '"ü"')]), entry(2, [put("b")])];
  await write(storage, { append: first, apply: first, hardState });
  await write(storage, { append: [entry(4, [put("d")]), entry(5, [])] });
  await write(storage, { apply: [entry(3, [put("c"), { key: "a" }])], compactTo: 1 });
  const create = { key: "e", value: "1", condition: { version: 0, origin: 0, after: 2 } };
  const fourth = entry(4, [create], 2);
  await write(storage, { append: [fourth], apply: [fourth] });
  if (receives) await receiveStore(storage);
  const { applied } = storage.summary();
  const more = [entry(applied + 1, [put("f")], 2), entry(applied + 2, [{ key: "f" }], 2)];
  await write(storage, { append: more, apply: more.slice(0, 1) });
  await write(storage, { apply: more.slice(1), hardState: { ...hardState, committed: 6 } });
  await storage.close();
}

async function receiveStore(storage: Storage): Promise<void> {
  storage.incoming.begin();
  const records = [{ key: "s", value: "2", version: 6, origin: 2 }];
  await flushed((done) => storage.incoming.add(records, done));
  const end = { applied: 6, digest: "0", history: "0123456789abcdef", hardState };
  await flushed((done) => storage.incoming.install(end, done));
}

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "quorum-kv-damage-"));
  directory = join(parent, "forged");
  templates = await Promise.all(
    [false, true].map(async (receives) => {
      const folder = join(parent, receives ? "received" : "own");
      await leave(folder, receives);
      return { directory: folder, log: await readFile(logOf(folder)) };
    }),
  );
});
afterAll(() => rm(parent, { recursive: true }));

/** A folder as a node left it, with this log. */
async function place(template: number, forgeries: readonly Forgery[]): Promise<void> {
  const from = templates[template];
  if (from === undefined) throw new RangeError("no such template");
  await rm(directory, { recursive: true, force: true });
  await cp(from.directory, directory, { recursive: true });
  await writeFile(logOf(directory), forged(from.log, forgeries));
}

/** Opens, reads all there is, writes, and opens again. Returns the sentence of a refusal. */
async function use(): Promise<string | undefined> {
  const opened = await openDiskStorage({ directory }).catch((error: Error) => error);
  if (opened instanceof Error) {
    expect(opened.name).toBe("StorageUnusable");
    return opened.message;
  }
  const { applied, keys } = opened.summary();
  for (const number of [applied, keys]) expect(Number.isSafeInteger(number)).toBe(true);
  const records = everything(opened);
  const { first, last } = opened.logBounds();
  const log = opened.readLog(0, enough);
  expect([log[0]?.sequence ?? 0, log.at(-1)?.sequence ?? 0]).toEqual([first, last]);
  const next = Math.max(applied, last) + 1;
  await write(opened, { append: [entry(next, [put("next")], 9)] });
  await opened.close();
  const again = await openDiskStorage({ directory });
  expect(everything(again)).toEqual(records);
  expect(again.summary().applied).toBe(applied);
  await again.close();
  return undefined;
}

const sentence = /^the data in \S+ is damaged: [^\n]{1,300}$/;
const strange = [1e15, Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, 2 ** 53, 4e9, 0, 1, 3, 1e300];

test("what the templates hold is taken as it is", async () => {
  for (const template of [0, 1]) {
    await place(template, []);
    expect(boundsOf(await readFile(logOf(directory)))).toHaveLength(7 + template);
    expect(await use()).toBeUndefined();
  }
});

test("whatever a frame says under a valid checksum, it is a valid state or one sentence", async () => {
  const field = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(...(Object.keys(frameFields) as FrameField[])),
    },
    { weight: 2, arbitrary: fc.record({ byte: fc.nat(400) }) },
  );
  const value = fc.oneof(fc.constantFrom(...strange), fc.nat(255), fc.double());
  const forgery: fc.Arbitrary<Forgery> = fc.record({ frame: fc.nat(6), field, value });
  const forgeries = fc.array(forgery, { minLength: 1, maxLength: 2 });
  let refused = 0;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(1), forgeries, async (template, changes) => {
      await place(template, changes);
      const before = { cpu: process.cpuUsage(), memory: process.memoryUsage().arrayBuffers };
      const refusal = await use();
      const { user, system } = process.cpuUsage(before.cpu);
      // Steps, in effect: what follows a number that was believed takes minutes, or gigabytes.
      expect(user + system).toBeLessThan(10_000_000);
      expect(process.memoryUsage().arrayBuffers - before.memory).toBeLessThan(128 * 1024 * 1024);
      if (refusal !== undefined) expect(refusal).toMatch(sentence);
      runs += 1;
      refused += refusal === undefined ? 0 : 1;
    }),
    { numRuns: 250 },
  );
  expect(refused).toBeGreaterThan(runs / 4);
});

const named: readonly (readonly [FrameField, number, number, RegExp])[] = [
  ["applied", 0, 1e15, /an entry of the log after sequence 0 is missing/],
  ["applied", 5, Number.NaN, /in frame 6 of the log, the applied sequence is NaN/],
  ["applied", 5, -1, /the applied sequence is -1/],
  ["applied", 5, 5.5, /the applied sequence is 5.5/],
  ["applied", 5, Number.POSITIVE_INFINITY, /the applied sequence is Infinity/],
  ["applied", 5, 2, /applied goes back from 5 to 2/],
  ["applied", 5, 7, /an entry of the log after sequence 5 is missing/],
  ["keys", 5, 1e15, /the number of keys goes from 5 to 1000000000000000/],
  ["compactedTo", 2, 1e15, /the log is compacted to 1000000000000000, beyond/],
  ["active", 3, 7, /the present store is number 7/],
  ["active", 3, 1, /the present store is another one/],
  ["number", 3, 9, /frame 9 follows frame 3/],
  ["number", 3, Number.NaN, /frame NaN follows frame 3/],
  ["flags", 3, 255, /a frame has the flags 255/],
  [
    "appended",
    0,
    4e9,
    /a frame has fewer entries than it says|ends beyond its frame|the sequence of an entry is/,
  ],
  [
    "applyOnly",
    2,
    4e9,
    /a frame has fewer entries than it says|ends beyond its frame|the sequence of an entry is/,
  ],
  ["hardStateBytes", 0, 4e9, /a frame has the wrong size/],
  ["hardStateBytes", 0, 40, /a frame has the wrong size/],
  ["sequence", 0, 1e15, /the entry 1000000000000000 follows none/],
  ["sequence", 0, 2 ** 53, /the sequence of an entry is 9007199254740992/],
  ["sequence", 2, 7, /the entry 7 is applied after 2/],
  ["entryBytes", 0, 4e9, /an entry ends beyond its frame/],
  ["entryBytes", 0, 3, /an entry is shorter than its head/],
  ["epoch", 0, 2 ** 53, /the epoch of an entry is 9007199254740992/],
  ["origin", 0, -3, /the origin of an entry is -3/],
  ["origin", 4, 5, /it applies other entries/],
  ["operations", 0, 4e9, /an entry has 4000000000 operations/],
  ["operations", 0, 100, /an operation (ends beyond its entry|has the parts)|a key has/],
  ["parts", 0, 4, /an operation has the parts 4/],
  ["keyBytes", 0, 4e9, /a key has 4000000000 bytes/],
  ["keyBytes", 0, 0, /a key has 0 bytes/],
  ["valueBytes", 0, 4e9, /a value has 4000000000 bytes/],
  ["conditionVersion", 3, Number.NaN, /the version of a condition is NaN/],
];

describe("a frame with a valid checksum is refused", () => {
  test.each(named)("where %s of frame %i is %d", async (field, frame, value, reason) => {
    await place(0, [{ frame, field, value }]);
    const refusal = await use();
    expect(refusal).toMatch(reason);
    expect(refusal).toMatch(sentence);
  });

  test("where a key is not UTF-8", async () => {
    await place(0, [{ frame: 0, field: { byte: 105 }, value: 0xff }]);
    expect(await use()).toMatch(/a key or a value is not UTF-8/);
  });

  test.each([
    ['"promisedEpoch":3', '"promisedEpoch":-', /the hard state is not JSON/],
    [
      '"promisedEpoch":3,"promisedLeader"',
      '"promisedEpoch":"","promisedLeade"',
      /the hard state has the wrong shape at promisedEpoch/,
    ],
    ['"quorum":1', '"quorum":.', /the hard state is not JSON/],
    ['"floor":{', '"floor":[', /the hard state is not JSON/],
    ['"blank":true', '"blank":1234', /the hard state has the wrong shape at blank/],
    ['"members":[', '"members":0,"', /the hard state is not JSON/],
    ['"peerUrl":"', '"peerUrI":"', /the hard state has the wrong shape at members.0.peerUrl/],
    [
      '"committed":0,"members"',
      '"committed":0.5,"membe"',
      /the hard state has the wrong shape at committed/,
    ],
  ])("where %s of the hard state reads %s", async (was, is, reason) => {
    const log = templates[0]?.log ?? Buffer.alloc(0);
    // Of the same length, so that the frame's own sizes hold: white space is all that goes.
    const original = JSON.stringify(hardState);
    const changed = original.replace(was, is).slice(0, original.length).padEnd(original.length);
    const start = (boundsOf(log)[0] ?? 0) + 8;
    const at = log.indexOf(original) - start;
    const bytes = [...Buffer.from(changed)];
    const last = original.length - changed.trimEnd().length;
    expect(last).toBeLessThan(8);
    await place(
      0,
      bytes.map((value, index) => ({ frame: 0, field: { byte: at + index }, value })),
    );
    expect(await use()).toMatch(reason);
  });
});

test("a tail full of what looks like frames is searched with bounded work", async () => {
  const log = Buffer.from(templates[0]?.log ?? []);
  const end = boundsOf(log).at(-1) ?? 0;
  for (let at = end; at + 80 < log.length; at += 16) {
    log.writeUInt32LE(0x66564b51, at);
    log.writeUInt32LE(log.length - at - ((log.length - at) % 8), at + 8);
  }
  await place(0, []);
  await writeFile(logOf(directory), log);
  const before = process.cpuUsage();
  expect(await use()).toMatch(/is corrupt from byte \d+ on/);
  expect(process.cpuUsage(before).user).toBeLessThan(10_000_000);
});

/** Changes LMDB's side of a folder, as a node left it, and tries to use it. */
async function withStore(
  template: number,
  change: (environment: Environment) => void,
): Promise<string | undefined> {
  await place(template, []);
  const environment = openEnvironment(directory);
  await environment.commit(() => change(environment));
  await environment.close();
  return use();
}

describe("what LMDB keeps is refused", () => {
  const standing = { applied: 3, sum: 1n, keys: 3, history: undefined };
  const commitPoint = { frame: 3, standing, active: 0, compactedTo: 1 } as const;
  const checkpoint = { commitPoint, oldestFile: 1 };
  test.each([
    ["is too short", Buffer.alloc(12), /the checkpoint has 12 bytes/],
    [
      "is beyond the log",
      writeCheckpoint({ oldestFile: 1e15, commitPoint: { ...commitPoint, frame: 1e15 } }),
      /the log ends before frame 1000000000000000/,
    ],
    [
      "differs from its frame",
      writeCheckpoint({ ...checkpoint, commitPoint: { ...commitPoint, compactedTo: 2 } }),
      /in frame 3 of the log, it is not what the checkpoint says/,
    ],
    [
      "names no file",
      writeCheckpoint({ ...checkpoint, oldestFile: 0.5 }),
      /oldest log file is 0.5/,
    ],
    [
      "has applied NaN",
      writeCheckpoint({
        ...checkpoint,
        commitPoint: { ...commitPoint, standing: { ...standing, applied: Number.NaN } },
      }),
      /the applied sequence is NaN/,
    ],
  ])("where the checkpoint %s", async (_, bytes, reason) => {
    const refusal = await withStore(1, ({ meta }) => void meta.put(metaKeys.checkpoint, bytes));
    expect(refusal).toMatch(reason);
    expect(refusal).toMatch(sentence);
    // Nothing is removed on the strength of a checkpoint that the log does not confirm.
    expect((await readFile(logOf(directory))).length).toBe(templates[1]?.log.length);
  });

  test("where the hard state is none", async () => {
    const bytes = Buffer.from('{"promisedEpoch":1e300}');
    const refusal = await withStore(1, ({ meta }) => void meta.put(metaKeys.hardState, bytes));
    expect(refusal).toMatch(/the hard state has the wrong shape at promisedEpoch/);
  });

  test("where the format is not for a terminal", async () => {
    const bytes = Buffer.from(`\u001b[2J${"x".repeat(10_000)}`);
    const refusal = await withStore(1, ({ meta }) => void meta.put(metaKeys.format, bytes));
    expect(refusal).toMatch(/has the format "\\u001b\[2Jx{36}"; this version reads only/);
  });

  const record = (version: number, value: string): Buffer =>
    Buffer.from(new Arena().record({ key: "z", value, version, origin: 1 }, 1n));
  test.each([
    ["is too short", Buffer.alloc(9), /a record has 9 bytes/],
    ["has a version of 0.5", record(0.5, "1"), /the version of a record is 0.5/],
    ["is too long", record(1, `"${"v".repeat(1024 * 1024)}"`), /a record has \d+ bytes/],
    ["is not UTF-8", Buffer.concat([record(1, ""), Buffer.of(0xff)]), /a value is not UTF-8/],
  ])("where a record %s, when it is read", async (_, bytes, reason) => {
    await place(1, []);
    const environment = openEnvironment(directory);
    await environment.commit(() => {
      for (const store of environment.stores) void store.put("z", bytes);
    });
    await environment.close();
    const reported: string[] = [];
    const damaged = (how: string): void => void reported.push(how);
    const storage = await openDiskStorage({ directory, damaged });
    expect(() => storage.get("z")).toThrow(reason);
    expect(() => everything(storage)).toThrow(reason);
    expect(reported).toHaveLength(2);
    expect(reported[0]).toMatch(sentence);
    await storage.close();
  });
});

test("a node with such a log says one sentence and exits with 1", async () => {
  await place(0, [{ frame: 0, field: "applied", value: 1e15 }]);
  const program = fileURLToPath(new URL("../../main.ts", import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: {
      NODE_ID: "a",
      NODES: "a=127.0.0.1:1",
      LEADER: "a",
      WRITE_QUORUM: "0",
      DATA_DIR: directory,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [printed, complained] = [text(child.stdout), text(child.stderr)];
  const [code] = await once(child, "close");
  expect(code).toBe(1);
  const lines = `${await printed}${await complained}`.trimEnd().split("\n");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    msg: "node could not start",
    reason: expect.stringMatching(sentence),
  });
  expect(lines[0]).not.toMatch(/"stack"|\n\s+at /);
});
