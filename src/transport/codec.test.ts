import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { followerMessage, leaderMessage } from "../../test/support/wire-messages.ts";
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import {
  decodeFollowerMessage,
  decodeLeaderMessage,
  encodeFollowerMessage,
  encodeLeaderMessage,
} from "./codec.ts";

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
    const none = { floor: undefined, cluster: undefined };
    const expected = { type: "lead", epoch: 3, completeAt: 9, replace: false, ...none };
    expect(decodeLeaderMessage(lead)).toEqual(expected);
    expect(encodeLeaderMessage(decodeLeaderMessage(lead))).toEqual(lead);
  });

  test("a prepare knows of no cluster, which is not the same as having none", () => {
    const prepare = message(1, ...epoch, 0x12, 1, 0x61, 0x1a, 1, 0x62);
    expect(decodeLeaderMessage(prepare)).toMatchObject({ cluster: undefined, nodes: [] });
    const blank = { id: "", confirmed: false, blank: true };
    const refusal = { promisedEpoch: 0, promisedLeader: "", reason: "", cluster: blank };
    const shown = encodeFollowerMessage({ type: "refusal", ...refusal });
    expect(decodeFollowerMessage(shown)).toMatchObject({ cluster: blank });
  });
  /** A field of text or of another message. */
  const part = (number: number, bytes: readonly number[]): readonly number[] => [
    (number << 3) | 2,
    bytes.length,
    ...bytes,
  ];
  const digest = [...Buffer.from("0123456789abcdef")];

  test("a promise knows neither its history nor who accepted it", () => {
    const fields = [...part(6, digest), ...part(7, part(1, [...Buffer.from("a")]))];
    const promise = message(1, ...epoch, 0x10, 7, 0x18, 7, ...fields);
    const decoded = decodeFollowerMessage(promise);
    expect(decoded).toMatchObject({ applied: 7, history: undefined, followedEpoch: 0 });
    expect(decoded).toMatchObject({ settings: undefined });
    expect(encodeFollowerMessage(decoded)).toEqual(promise);
  });

  test("the end of a snapshot or of a copied store does not know its history", () => {
    const end = [0x08, 7, ...part(2, digest)];
    const chunk = decodeLeaderMessage(message(5, ...epoch, ...part(5, end)));
    const page = decodeFollowerMessage(message(7, ...epoch, ...part(3, end)));
    for (const { end: said } of [chunk, page] as { end?: object }[])
      expect(said).toEqual({ applied: 7, digest: "0123456789abcdef", history: undefined });
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
  expect(encodeLeaderMessage(append({ requires: { checks } }))[0]).toBe((14 << 3) | 2);
  expect(encodeFollowerMessage(page({ requires: { checks } }))[0]).toBe((12 << 3) | 2);
});

test("checks that require nothing are refused", () => {
  const operations = [{ key: "k", value: "1" }];
  for (const checks of [
    [],
    [{ key: "c", condition: undefined }],
    [{ key: "", condition: { version: 1, origin: 1 } }],
  ]) {
    const entries = [{ sequence: 1, epoch: 1, origin: 1, operations, requires: { checks } }];
    const append = { type: "append", epoch: 1, committed: 0, entries };
    const page = { type: "logPage", epoch: 1, from: 1, next: 0, entries };
    const sent = encodeLeaderMessage(append as unknown as LeaderMessage);
    const shown = encodeFollowerMessage(page as unknown as FollowerMessage);
    expect(() => decodeLeaderMessage(sent)).toThrow("requires.checks");
    expect(() => decodeFollowerMessage(shown)).toThrow("requires.checks");
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
