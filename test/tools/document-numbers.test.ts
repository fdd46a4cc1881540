/** A number that a document names is the one in the code. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plantedFaults } from "../../src/virtual/planted/planted.ts";
import { electionFaultsPlanted } from "../../src/virtual/planted/planted-elections.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8").replaceAll(/\s+/g, " ");

const units: Readonly<Record<string, number>> = { MiB: 1024 ** 2, KiB: 1024, s: 1000, ms: 1 };

/** `64 MiB`, `1,024`, `10 s`: bytes, a plain number, milliseconds. */
const shown = (text: string): number => {
  const [number = "", unit = ""] = text.replaceAll(",", "").split(" ");
  return Number(number) * (units[unit] ?? 1);
};

/** The number or product that a constant is set to. */
const inCode = (path: string, name: string): number => {
  const set = new RegExp(`\\b${name}(?: =|:) ([\\d_]+(?: \\* [\\d_]+)*)`).exec(read(path));
  if (set === null) throw new Error(`${path} sets no ${name}`);
  const factors = (set[1] ?? "").replaceAll("_", "").split(" * ").map(Number);
  return factors.reduce((product, factor) => product * factor);
};

const limits = "src/request-limits.ts";
const replication = "src/replication/limits.ts";
const streams = "gateway/streams/event-streams.ts";

/** Each group of the sentence is the constant at its place. */
const table: readonly [document: string, sentence: RegExp, code: string, names: string[]][] = [
  ["docs/api.md", /Keys have 1\.\.(\d+) bytes/, limits, ["keyBytesMax"]],
  [
    "docs/api.md",
    /values up to (\d+ MiB), bodies up to (\d+ MiB)/,
    limits,
    ["valueBytesMax", "bodyBytesMax"],
  ],
  ["docs/api.md", /more than (\d+) arrays or objects/, limits, ["valueDepthMax"]],
  ["docs/api.md", /entry of 1\.\.(\d+) operations/, limits, ["operationsMax"]],
  ["docs/api.md", /reads up to (\d+) keys in one view/, limits, ["operationsMax"]],
  ["docs/api.md", /one view may have (\d+ MiB)/, "src/node/keys-view.ts", ["viewBytesMax"]],
  [
    "src/replication/DESIGN.md",
    /remembered writes \| (\d+ s), or ([\d,]+)/,
    replication,
    ["rememberMs", "rememberedMax"],
  ],
  [
    "src/replication/DESIGN.md",
    /operations applied by one flush \| ([\d,]+)/,
    replication,
    ["appliedOperationsMax"],
  ],
  [
    "src/replication/DESIGN.md",
    /appends to one follower in one step \| (\d+)/,
    "src/replication/leader/streams.ts",
    ["appendsPerStepMax"],
  ],
  ["docs/api.md", /limit 1\.\.(\d+) \((\d+)\)/, limits, ["listLimitMax", "listLimitDefault"]],
  ["docs/api.md", /wait for them, 1\.\.(\d+)/, limits, ["timeoutMsMax"]],
  [
    "docs/configuration.md",
    /about (\d+ MiB) of them/,
    "src/node/log-retention.ts",
    ["logBytesMax"],
  ],
  ["src/transport/DESIGN.md", /time limit of (\d+ s)/, "src/transport/dial.ts", ["openTimeoutMs"]],
  [
    "src/transport/DESIGN.md",
    /back-off of (\d+ ms) to (\d+ s)/,
    "src/transport/dial.ts",
    ["backoffMinMs", "backoffMaxMs"],
  ],
  [
    "src/transport/DESIGN.md",
    /a stream (\d+ KiB) at a time; beyond (\d+ MiB)/,
    "src/transport/outbox.ts",
    ["writtenBytesMax", "unsentBytesMax"],
  ],
  [
    "gateway/grpc/README.md",
    /A message above (\d+ MiB)/,
    "src/transport/channel-options.ts",
    ["messageBytesMax"],
  ],
  [
    "gateway/grpc/README.md",
    /while ([\d,]+) writes or (\d+ MiB)/,
    "gateway/grpc/bulk-write.ts",
    ["unansweredMax", "unansweredBytesMax"],
  ],
  [
    "src/replication/DESIGN.md",
    /not applied on the leader \| ([\d,]+) or (\d+ MiB)/,
    replication,
    ["backlogEntriesMax", "backlogBytesMax"],
  ],
  [
    "src/replication/DESIGN.md",
    /A full leader \(([\d,]+) entries or (\d+ MiB)/,
    replication,
    ["backlogEntriesMax", "backlogBytesMax"],
  ],
  [
    "src/replication/DESIGN.md",
    /and not acked \| ([\d,]+) or (\d+ MiB)/,
    replication,
    ["windowEntriesMax", "windowBytesMax"],
  ],
  [
    "src/replication/DESIGN.md",
    /one append \| ([\d,]+) entries or (\d+ MiB)/,
    replication,
    ["messageEntriesMax", "messageBytesMax"],
  ],
  [
    "src/replication/DESIGN.md",
    /chunks under way \| (\d+) of (\d+ KiB)/,
    replication,
    ["snapshotChunksMax", "chunkBytesMax"],
  ],
  [
    "src/replication/DESIGN.md",
    /(\d+ s) of silence, (\d+ s) without/,
    replication,
    ["snapshotSilenceMsMax", "snapshotStallMsMax"],
  ],
  ["src/replication/DESIGN.md", /spoke within ([\d.]+ s)/, replication, ["silenceMsMax"]],
  ["src/replication/DESIGN.md", /raised again after (\d+ s)/, replication, ["floorCalmMs"]],
  [
    "src/replication/DESIGN.md",
    /(\d+ ms) later when nothing is under way, else (\d+ ms)/,
    "src/node/roles/leader/announcer.ts",
    ["announceMs", "announceLateMs"],
  ],
  [
    "gateway/README.md",
    /discarded after an answer \| (\d+ MiB), (\d+ s), (\d+ s)/,
    "gateway/gentle-close.ts",
    ["discardedBytesMax", "discardedMsMax", "silenceMsMax"],
  ],
  ["gateway/README.md", /head, body \| (\d+ KiB), /, "gateway/gateway.ts", ["maxHeaderSize"]],
  [
    "gateway/README.md",
    /the head within (\d+ s), the whole request within (\d+ s)/,
    "gateway/gateway.ts",
    ["headersTimeout", "requestTimeout"],
  ],
  [
    "gateway/README.md",
    /calls to other members \| ([\d,]+); (\d+);/,
    "src/intake/intake.ts",
    ["restConnectionsMax"],
  ],
  [
    "gateway/README.md",
    /event stream \| (\d+ MiB), then it is cut off/,
    streams,
    ["unreadBytesMax"],
  ],
  ["gateway/README.md", /keys, or about (\d+ MiB)/, "src/node/list.ts", ["pageBytesMax"]],
  [
    "docs/durability.md",
    /it grows by (\d+ MiB) of zeros/,
    "src/storage/disk/log/log-file.ts",
    ["growthBytes"],
  ],
  [
    "docs/durability.md",
    /once it takes (\d+ MiB), or once (\d+ MiB)/,
    "src/storage/disk/disk.ts",
    ["defaultMemtableBytesMax", "defaultReplayBytes"],
  ],
  [
    "docs/durability.md",
    /several transactions of about (\d+ KiB)/,
    "src/storage/disk/checkpointer.ts",
    ["chunkBytes"],
  ],
];

test.each(table)("%s says %s as %s has it", (document, sentence, code, names) => {
  const said = sentence.exec(read(document));
  expect(said, `${document} has no such sentence any more`).not.toBeNull();
  const numbers = (said ?? []).slice(1, names.length + 1).map(shown);
  expect(numbers).toEqual(names.map((name) => inCode(code, name)));
});

test("docs/testing.md counts the stories and the planted faults", () => {
  const counted = read("docs/testing.md").matchAll(/\[(\d+) (stories|faults|more)\]/g);
  expect([...counted].map(([, count, what]) => `${count} ${what}`)).toEqual([
    `${readdirSync(join(root, "src/virtual/stories")).length} stories`,
    `${plantedFaults.length} faults`,
    `${electionFaultsPlanted.length} more`,
  ]);
});
