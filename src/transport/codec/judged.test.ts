/** Every field of every message that no honest node sends is refused, and the sentence says which. */
import { describe, expect, test } from "vitest";
import type { FollowerMessage, LeaderMessage } from "../../replication/types.ts";
import {
  decodeFollowerMessage,
  decodeLeaderMessage,
  encodeFollowerMessage,
  encodeLeaderMessage,
} from "../codec.ts";

const digest = "0123456789abcdef";
const member = { id: "follower1", url: "http://a:1", peerUrl: "http://a:1" };
const floor = { epoch: 1, number: 1, quorum: 1, over: 1 };
const delays = { minDelay: 0, maxDelay: 10 };
const settings = {
  ...{ writeQuorum: 1, ...delays, followerDelays: [{ id: "follower1", ...delays }] },
  ...{ changedBy: "leader", changedEpoch: 1, changedAt: 1 },
};
const entry = { sequence: 7, epoch: 3, origin: 2, operations: [{ key: "k", value: "1" }] };
const clusterId = { id: "a".repeat(32), confirmed: true };
const cluster = { ...clusterId, blank: false };
const record = { key: "k", value: "1", version: 7, origin: 2 };
const end = { applied: 7, digest, history: digest };

const leaderMessages: readonly LeaderMessage[] = [
  {
    type: "prepare",
    elected: true,
    epoch: 3,
    leader: "leader",
    to: "follower1",
    members: [member],
    nodes: ["follower1", "leader"],
    cluster,
  },
  { type: "lead", epoch: 3, completeAt: 7, floor, replace: false, cluster: clusterId },
  { type: "append", epoch: 3, entries: [entry], committed: 7 },
  {
    ...{ type: "heartbeat", epoch: 3, committed: 7, last: 7, number: 1, members: [member] },
    ...{ applied: 7, digest, writeQuorum: 1, settings, able: true, cluster: clusterId },
  },
  { type: "snapshotChunk", epoch: 3, snapshot: 1, index: 0, records: [record], end },
  { type: "fetchLog", epoch: 3, from: 1 },
  { type: "fetchStore", epoch: 3, after: "k" },
  { type: "floor", epoch: 3, floor },
  { type: "poll", candidate: "leader", to: "follower1", number: 1, cluster },
  { type: "confirm", epoch: 3, number: 1, lend: true },
  { type: "stand", epoch: 3, to: "follower1", released: true },
  { type: "readMark", epoch: 3, number: 1, sequence: 7 },
];

const followerMessages: readonly FollowerMessage[] = [
  {
    ...{ type: "promise", epoch: 3, applied: 7, last: 7, blank: false, floor, digest, member },
    ...{ incarnation: "i", history: digest, followedEpoch: 3, settings, cluster },
  },
  { type: "refusal", promisedEpoch: 3, promisedLeader: "leader", reason: "", cluster },
  { type: "acks", epoch: 3, ranges: [{ from: 1, to: 7 }], applied: 7, digest },
  { type: "heartbeatReply", epoch: 3, number: 1, applied: 7, digest, storageFault: "" },
  { type: "snapshotReceipt", epoch: 3, snapshot: 1, index: 0, installed: true },
  { type: "logPage", epoch: 3, from: 7, entries: [entry], next: 8 },
  { type: "storePage", epoch: 3, records: [record], end },
  { type: "floorReceipt", epoch: 3, floor, cluster: clusterId },
  {
    ...{ type: "vote", number: 1, agrees: true, reason: "", hearsUnable: false, promisedEpoch: 3 },
    ...{ applied: 7, first: 1, last: 7, blank: false, floor, cluster },
  },
  { type: "confirmed", epoch: 3, number: 1, lends: true },
  { type: "wantMark", epoch: 3, number: 1 },
];

const decodeLeader = (message: LeaderMessage) => decodeLeaderMessage(encodeLeaderMessage(message));
const decodeFollower = (message: FollowerMessage) =>
  decodeFollowerMessage(encodeFollowerMessage(message));

test("these messages are good", () => {
  for (const message of leaderMessages) expect(decodeLeader(message)).toMatchObject(message);
  for (const message of followerMessages) expect(decodeFollower(message)).toMatchObject(message);
});

/** Paths of all numbers and texts in a message. */
function leaves(part: object, path: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(part).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === "object" && value !== null) return leaves(value, [...path, name]);
    return name === "type" || typeof value === "boolean" ? [] : [[...path, name]];
  });
}

/** The message with another value at that place. */
function changed<T extends object>(part: T, path: readonly string[], value: unknown): T {
  const [name = "", ...rest] = path;
  const inner = (part as Record<string, unknown>)[name];
  const next = rest.length === 0 ? value : changed(inner as object, rest, value);
  if (!Array.isArray(part)) return { ...part, [name]: next };
  return part.with(Number(name), next) as unknown as T;
}

const named = (path: readonly string[]): string =>
  path.reduce((name, each) => `${name}${/^\d+$/.test(each) ? `[${each}]` : `.${each}`}`, "");

function refusals<T extends LeaderMessage | FollowerMessage>(
  messages: readonly T[],
  decode: (message: T) => unknown,
): void {
  for (const message of messages) {
    for (const path of leaves(message)) {
      const of = path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], message);
      const isSmall = /quorum|over|delay/i.test(path.at(-1) ?? "");
      const bad = typeof of === "string" ? "x".repeat(2_000_000) : 2 ** (isSmall ? 31 : 53) - 1;
      const field = `${message.type}${named(path)}`;
      // Their bounds are those of other fields, or of the whole.
      const whole = field.replace(/\.condition\..*/, ".condition");
      expect(() => decode(changed(message, path, bad)), field).toThrow(`${whole} is `);
    }
  }
}

describe("any field of a message that is far too large is refused by its name", () => {
  test("from the leader", () => refusals(leaderMessages, decodeLeader));
  test("from a follower", () => refusals(followerMessages, decodeFollower));
});

const bad = {
  prepare: [
    [["leader"], "a b", 'prepare.leader is "a b"; it must be an id of'],
    [["epoch"], 0, "prepare.epoch is 0"],
    [["members"], Array.from({ length: 1001 }, () => member), "prepare.members.length is 1001"],
  ],
  append: [
    [["entries", "0", "sequence"], 0, "append.entries[0].sequence is 0"],
    [["entries", "0", "epoch"], 4, "append.entries[0].epoch is 4; it must be at most"],
    [["entries", "0", "origin"], 4, "append.entries[0].origin is 4"],
    [["entries", "0", "operations", "0", "key"], "", 'operations[0].key is ""'],
    [["entries", "0", "operations", "0", "key"], "é".repeat(513), "1 to 1024 bytes"],
    [["entries", "0", "operations", "0", "key"], "k".repeat(5000), "… (5000 characters)"],
    [["entries", "0", "operations", "0", "value"], "{", 'value is "{"; it must be JSON text'],
    [["entries", "0", "operations", "0", "value"], "", "value is"],
    [["entries", "0", "operations", "0", "value"], `"${"é".repeat(524_288)}"`, "bytes"],
    [["entries", "0", "operations", "0", "value"], nested(129), "levels deep"],
    [["entries", "0", "operations"], Array(134).fill({ key: "k" }), "operations.length is 134"],
    [
      ["entries", "0", "operations"],
      Array(3).fill({ key: "k", value: JSON.stringify("x".repeat(1_000_000)) }),
      "append.entries[0].operations is 3000009",
    ],
    [["entries"], Array(16_385).fill(entry), "append.entries.length is 16385"],
  ],
  heartbeat: [
    [["applied"], 8, "heartbeat.applied is 8; it must be at most `committed`, 7"],
    [["committed"], 8, "heartbeat.committed is 8"],
    [["digest"], digest.toUpperCase(), "heartbeat.digest is"],
    [["settings", "minDelay"], 60_001, "heartbeat.settings.minDelay is 60001"],
    [["settings", "followerDelays", "0", "minDelay"], 11, "followerDelays[0].minDelay is 11"],
  ],
  snapshotChunk: [
    [["records"], [record, record], "snapshotChunk.records[1].key is"],
    [
      ["records"],
      [
        { ...record, key: "\u{1f600}" },
        { ...record, key: "\uffee" },
      ],
      "records[1]",
    ],
    [["records", "0", "version"], 0, "snapshotChunk.records[0].version is 0"],
    [["end", "digest"], "", 'snapshotChunk.end.digest is ""'],
    [["end", "history"], "000000000000000g", "snapshotChunk.end.history is"],
  ],
  poll: [[["candidate"], "\u001b[2J\u202e", 'poll.candidate is "\\u001b[2J\\u202e"']],
  lead: [[["floor", "epoch"], 4, "lead.floor.epoch is 4; it must be at most `epoch`, 3"]],
  floor: [[["floor", "epoch"], 4, "floor.floor.epoch is 4"]],
  vote: [[["floor", "epoch"], 4, "vote.floor.epoch is 4; it must be at most `promisedEpoch`, 3"]],
  promise: [
    [["floor", "epoch"], 4, "promise.floor.epoch is 4"],
    [["last"], 6, "promise.applied is 7; it must be at most `last`, 6"],
    [["followedEpoch"], 4, "promise.followedEpoch is 4; it must be at most `epoch`, 3"],
    [["member", "id"], "", 'promise.member.id is ""'],
    [["history"], "00000000 0000000", "promise.history is"],
  ],
  acks: [[["ranges", "0", "from"], 8, "acks.ranges[0].from is 8; it must be at most `to`, 7"]],
  logPage: [
    [["entries"], [entry, entry], "logPage.entries[1].sequence is 7; it must be above 7"],
    [["entries", "0", "sequence"], 6, "logPage.entries[0].sequence is 6"],
    [["entries", "0", "epoch"], 4, "logPage.entries[0].epoch is 4"],
    [["next"], 7, "logPage.next is 7"],
  ],
} as const;

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

describe.each(Object.entries(bad))("%s", (type, cases) => {
  test.each(cases.map((each) => [named(each[0]), ...each] as const))(
    "%s is refused",
    (_name, path, value, sentence) => {
      const fromLeader = leaderMessages.find((each) => each.type === type);
      const fromFollower = followerMessages.find((each) => each.type === type);
      const decode = () => {
        if (fromLeader !== undefined) decodeLeader(changed(fromLeader, path, value));
        if (fromFollower !== undefined) decodeFollower(changed(fromFollower, path, value));
      };
      expect(decode).toThrow(sentence);
    },
  );
});

test("what clients may write is taken: 128 levels, however many brackets are in strings", () => {
  const values = [
    nested(128),
    `["${'[\\"'.repeat(500)}",${nested(127)}]`,
    `"${"\\\\".repeat(300)}"`,
    // Strings of every length round the one from which their end is searched for.
    ...Array.from({ length: 50 }, (_, length) => {
      const strings = ["", '"', "\\", '\\"'].map(
        (end) => `${"x".repeat(length)}${end}${"[".repeat(200)}`,
      );
      return JSON.stringify(strings);
    }),
  ];
  for (const value of values) {
    const operations = [{ key: "k", value }];
    const append = { type: "append", epoch: 3, entries: [{ ...entry, operations }], committed: 0 };
    expect(decodeLeader(append as LeaderMessage)).toMatchObject(append);
  }
});

test("whoever speaks must be a member of NODES, and only members are told of", () => {
  const known = new Set(["leader", "follower1"]);
  const stranger = { ...member, id: "stranger" };
  const [prepare, poll] = [leaderMessages[0], leaderMessages[8]] as [LeaderMessage, LeaderMessage];
  for (const message of [
    { ...prepare, leader: "stranger" },
    { ...poll, candidate: "stranger" },
  ])
    expect(() => decodeLeaderMessage(encodeLeaderMessage(message), known)).toThrow(
      'is "stranger"; it must be a member of NODES: leader, follower1',
    );
  const promise = { ...followerMessages[0], member: stranger } as FollowerMessage;
  expect(() => decodeFollowerMessage(encodeFollowerMessage(promise), known)).toThrow("NODES");
  const told = { ...prepare, members: [stranger, member] } as LeaderMessage;
  expect(decodeLeaderMessage(encodeLeaderMessage(told), known)).toEqual(prepare);
});

test("a URL that is no web address is dropped", () => {
  for (const url of [
    "javascript:alert(1)",
    "http://user:secret@a:1",
    "https://a:1/?q",
    "ftp://a",
    "//a",
    `http://a/${"x".repeat(2048)}`,
  ]) {
    const told = { ...followerMessages[0], member: { ...member, url, peerUrl: url } };
    expect(decodeFollower(told as FollowerMessage), url).toMatchObject({
      member: { id: "follower1", url: "", peerUrl: "" },
    });
  }
});

test("a message of too many parts is not taken apart", () => {
  // An append of empty entries: two bytes each.
  const inner = Buffer.alloc(5 * 1024 * 1024);
  for (let at = 0; at < inner.length; at += 2) inner[at] = 0x12;
  const length = inner.length;
  const varint = [
    (length & 0x7f) | 0x80,
    ((length >> 7) & 0x7f) | 0x80,
    ((length >> 14) & 0x7f) | 0x80,
  ];
  const head = Buffer.from([0x1a, ...varint, length >> 21]);
  expect(() => decodeLeaderMessage(Buffer.concat([head, inner]))).toThrow("parts");
});
