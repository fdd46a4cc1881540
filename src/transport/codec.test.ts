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
const floor = fc.record({ epoch: number, number, quorum: fc.nat(), over: fc.nat() });
const member = fc.record({ id: text, url: text, peerUrl: text });
const end = fc.record({ applied: number, digest: text });
const record = fc.record({ key: text, value: text, version: number, origin: number });
const entry = fc.record({
  sequence: number,
  epoch: number,
  origin: number,
  operations: fc.array(
    fc.record({
      key: text,
      value: maybe(text),
      condition: maybe(fc.record({ version: number, origin: number })),
    }),
  ),
});
const type = <T extends string>(name: T) => fc.constant(name);
const range = fc.record({ from: number, to: number });

const leaderMessage: fc.Arbitrary<LeaderMessage> = fc.oneof(
  fc.record({
    type: type("prepare"),
    epoch: number,
    leader: text,
    to: text,
    members: fc.array(member),
  }),
  fc.record({ type: type("lead"), epoch: number, completeAt: number, floor: maybe(floor) }),
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
  }),
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
    type: type("promise"),
    epoch: number,
    applied: number,
    last: number,
    blank: fc.boolean(),
    floor: maybe(floor),
    digest: text,
    member,
    incarnation: text,
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
