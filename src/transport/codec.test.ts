import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import {
  decodeFollowerMessage,
  decodeLeaderMessage,
  encodeFollowerMessage,
  encodeLeaderMessage,
} from "./codec.ts";

const number = fc.maxSafeNat();
const text = fc.string({ unit: "grapheme" });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const floor = fc.record({
  epoch: number,
  number,
  quorum: fc.nat(),
  over: fc.nat(),
  elected: maybe(fc.boolean()),
});
const member = fc.record({ id: text, url: text, peerUrl: text });
const history = maybe(fc.stringMatching(/^[0-9a-f]{16}$/));
const end = fc.record({ applied: number, digest: text, history });
const record = fc.record({ key: text, value: text, version: number, origin: number });
const condition = fc.record({ version: number, origin: number, after: maybe(number) });
const entry = fc.record({
  sequence: number,
  epoch: number,
  origin: number,
  operations: fc.array(
    fc.record({
      key: text,
      value: maybe(text),
      condition: maybe(condition),
    }),
  ),
  requires: maybe(fc.record({ checks: fc.array(fc.record({ key: text, condition })) })),
});
const type = <T extends string>(name: T) => fc.constant(name);
const range = fc.record({ from: number, to: number });

const settings = fc.record({
  writeQuorum: fc.nat(),
  minDelay: fc.nat(),
  maxDelay: fc.nat(),
  followerDelays: fc.array(fc.record({ id: text, minDelay: fc.nat(), maxDelay: fc.nat() })),
  changedBy: text,
  changedEpoch: number,
  changedAt: number,
});

const leaderMessage: fc.Arbitrary<LeaderMessage> = fc.oneof(
  fc.record({
    type: type("prepare"),
    elected: fc.boolean(),
    epoch: number,
    leader: text,
    to: text,
    members: fc.array(member),
  }),
  fc.record({
    type: type("lead"),
    epoch: number,
    completeAt: number,
    floor: maybe(floor),
    replace: fc.boolean(),
  }),
  fc.record({ type: type("append"), epoch: number, entries: fc.array(entry), committed: number }),
  fc.record({
    type: type("heartbeat"),
    epoch: number,
    committed: number,
    last: number,
    number,
    members: fc.array(member),
    applied: number,
    digest: text,
    writeQuorum: fc.nat(),
    settings: maybe(settings),
    able: maybe(fc.boolean()),
  }),
  fc.record({ type: type("poll"), candidate: text, to: text, number }),
  fc.record({ type: type("confirm"), epoch: number, number, lend: fc.boolean() }),
  fc.record({ type: type("stand"), epoch: number, to: text, released: fc.boolean() }),
  fc.record({ type: type("readMark"), epoch: number, number, sequence: number }),
  fc.record({
    type: type("snapshotChunk"),
    epoch: number,
    snapshot: number,
    index: number,
    records: fc.array(record),
    end: maybe(end),
  }),
  fc.record({ type: type("fetchLog"), epoch: number, from: number }),
  fc.record({ type: type("fetchStore"), epoch: number, after: maybe(text) }),
  fc.record({ type: type("floor"), epoch: number, floor }),
);

const followerMessage: fc.Arbitrary<FollowerMessage> = fc.oneof(
  fc.record({
    type: type("vote"),
    number,
    agrees: fc.boolean(),
    reason: text,
    hearsUnable: fc.boolean(),
    promisedEpoch: number,
    applied: number,
    first: number,
    last: number,
    blank: fc.boolean(),
    floor: maybe(floor),
  }),
  fc.record({ type: type("confirmed"), epoch: number, number, lends: fc.boolean() }),
  fc.record({ type: type("wantMark"), epoch: number, number }),
  fc.record({
    type: type("promise"),
    epoch: number,
    applied: number,
    last: number,
    blank: fc.boolean(),
    floor: maybe(floor),
    digest: text,
    member,
    incarnation: text,
    history,
    followedEpoch: number,
    settings: maybe(settings),
  }),
  fc.record({ type: type("refusal"), promisedEpoch: number, promisedLeader: text, reason: text }),
  fc.record({
    type: type("acks"),
    epoch: number,
    ranges: fc.array(range),
    applied: number,
    digest: text,
  }),
  fc.record({
    type: type("heartbeatReply"),
    epoch: number,
    number,
    applied: number,
    digest: text,
    storageFault: text,
  }),
  fc.record({
    type: type("snapshotReceipt"),
    epoch: number,
    snapshot: number,
    index: number,
    installed: fc.boolean(),
  }),
  fc.record({
    type: type("logPage"),
    epoch: number,
    from: number,
    entries: fc.array(entry),
    next: number,
  }),
  fc.record({ type: type("storePage"), epoch: number, records: fc.array(record), end: maybe(end) }),
  fc.record({ type: type("floorReceipt"), epoch: number, floor: maybe(floor) }),
);

describe("every message comes back as it was", () => {
  test("from the leader", () => {
    fc.assert(
      fc.property(leaderMessage, (message) => {
        expect(decodeLeaderMessage(encodeLeaderMessage(message))).toEqual(message);
      }),
    );
  });

  test("from a follower", () => {
    fc.assert(
      fc.property(followerMessage, (message) => {
        expect(decodeFollowerMessage(encodeFollowerMessage(message))).toEqual(message);
      }),
    );
  });
});

describe("messages of the version before histories", () => {
  /** Field by field, as that version wrote them: (number << 3 | wire type), then the value. */
  const message = (number: number, ...fields: readonly number[]): Buffer =>
    Buffer.from([(number << 3) | 2, fields.length, ...fields]);
  const epoch = [0x08, 3];

  test("a lead keeps the follower's store", () => {
    const lead = message(2, ...epoch, 0x10, 9);
    const expected = { type: "lead", epoch: 3, completeAt: 9, floor: undefined, replace: false };
    expect(decodeLeaderMessage(lead)).toEqual(expected);
    expect(encodeLeaderMessage(decodeLeaderMessage(lead))).toEqual(lead);
  });

  test("a promise knows neither its history nor who accepted it", () => {
    const promise = message(1, ...epoch, 0x10, 7, 0x3a, 0);
    const decoded = decodeFollowerMessage(promise);
    expect(decoded).toMatchObject({ applied: 7, history: undefined, followedEpoch: 0 });
    expect(decoded).toMatchObject({ settings: undefined });
    expect(encodeFollowerMessage(decoded)).toEqual(promise);
  });

  test("the end of a snapshot or of a copied store does not know its history", () => {
    const end = [0x02, 0x08, 7] as const;
    const chunk = decodeLeaderMessage(message(5, ...epoch, 0x2a, ...end));
    const page = decodeFollowerMessage(message(7, ...epoch, 0x1a, ...end));
    for (const { end: said } of [chunk, page] as { end?: object }[])
      expect(said).toEqual({ applied: 7, digest: "", history: undefined });
  });
});

test("entries with checks are sent so that a version without checks ends the stream", () => {
  const plain = { sequence: 1, epoch: 1, origin: 1, operations: [{ key: "k", value: "1" }] };
  const checks = [{ key: "c", condition: { version: 0, origin: 0 } }];
  const entries = (of: object) => [{ ...plain, ...of }];
  const append = (of: object): LeaderMessage => ({
    ...{ type: "append", epoch: 1, committed: 0, entries: entries(of) },
  });
  const page = (of: object): FollowerMessage => ({
    ...{ type: "logPage", epoch: 1, from: 1, next: 0, entries: entries(of) },
  });
  // The field numbers that version knows: 3 for an append, 6 for a page. It refuses all others.
  expect(encodeLeaderMessage(append({}))[0]).toBe((3 << 3) | 2);
  expect(encodeFollowerMessage(page({}))[0]).toBe((6 << 3) | 2);
  expect(encodeLeaderMessage(append({ requires: { checks } }))[0]).toBe((13 << 3) | 2);
  expect(encodeFollowerMessage(page({ requires: { checks } }))[0]).toBe((12 << 3) | 2);
});

test("a check that requires nothing is refused", () => {
  const operations = [{ key: "k", value: "1" }];
  const requires = { checks: [{ key: "c", condition: undefined }] };
  const entries = [{ sequence: 1, epoch: 1, origin: 1, operations, requires }];
  const append = { type: "append", epoch: 1, committed: 0, entries };
  const page = { type: "logPage", epoch: 1, from: 1, next: 0, entries };
  const sent = encodeLeaderMessage(append as unknown as LeaderMessage);
  const shown = encodeFollowerMessage(page as unknown as FollowerMessage);
  expect(() => decodeLeaderMessage(sent)).toThrow("without its condition");
  expect(() => decodeFollowerMessage(shown)).toThrow("without its condition");
});

test("a history that is none is refused", () => {
  const member = { id: "a", url: "b", peerUrl: "c" };
  for (const wrong of ["", "0", "000000000000000g", "00000000000000000", "00000000 0000000"]) {
    const ended = { applied: 1, digest: "", history: wrong };
    const chunk = { type: "snapshotChunk", epoch: 1, snapshot: 1, index: 0, records: [] } as const;
    const page = { type: "storePage", epoch: 1, records: [], end: ended } as const;
    const promise = { type: "promise", epoch: 1, applied: 1, last: 1, blank: false } as const;
    const rest = { digest: "", member, incarnation: "1", history: wrong, followedEpoch: 1 };
    const decodings = [
      () => decodeLeaderMessage(encodeLeaderMessage({ ...chunk, end: ended })),
      () => decodeFollowerMessage(encodeFollowerMessage(page)),
      () => decodeFollowerMessage(encodeFollowerMessage({ ...promise, ...rest })),
    ];
    for (const decoding of decodings) expect(decoding, wrong).toThrow("hexadecimal");
  }
});

test("a message for several followers is encoded once", () => {
  const message: LeaderMessage = { type: "fetchLog", epoch: 1, from: 1 };
  expect(encodeLeaderMessage(message)).toBe(encodeLeaderMessage(message));
});

test("what is no message is refused by throwing, and by nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const decode of [decodeLeaderMessage, decodeFollowerMessage]) {
        try {
          expect(decode(Buffer.from(bytes)).type).toBeTypeOf("string");
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }),
  );
  expect(() => decodeLeaderMessage(Buffer.alloc(0))).toThrow();
  // A promise, and a floor, without the member and the floor they must have.
  expect(() => decodeFollowerMessage(Buffer.from([0x0a, 0]))).toThrow();
  expect(() => decodeLeaderMessage(Buffer.from([0x42, 0]))).toThrow();
});
