/** What both edges rely on: one judgement of every request, in the words of the edge it came through. */
import { describe, expect, test } from "vitest";
import { keyBytesMax, listLimitMax, timeoutMsMax } from "../../src/request-limits.ts";
import { type AskedWrite, RequestChecks } from "./client-requests.ts";

const names = {
  minVersion: "min_version",
  timeoutMs: "timeout_ms",
  ifVersion: "if_version",
  idempotencyKey: "idempotencyKey",
};
const checks = new RequestChecks(names, 2);
const put: AskedWrite = { operations: [{ key: "k", value: "1" }], isBatch: false };

describe("a write", () => {
  test.each<[string, Partial<AskedWrite>, string]>([
    [
      "a quorum beyond the followers",
      { quorum: 3 },
      '"quorum" must be a whole number from 0 to 2.',
    ],
    ["a quorum that is not a number", { quorum: Number.NaN }, '"quorum"'],
    ["no time", { timeoutMs: 0 }, `"timeout_ms" must be a whole number from 1 to ${timeoutMsMax}.`],
    ["a version beyond 2^53", { ifVersion: 2 ** 53 }, '"if_version"'],
    ["an empty key", { operations: [{ key: "" }] }, '"key" must not be empty.'],
    ["a batch of nothing", { operations: [], isBatch: true }, "list of 1 to 128; it has 0."],
    [
      "a batch with an empty key",
      { operations: [{ key: "k" }, { key: "" }], isBatch: true },
      'Operation 1: "key" must not be empty.',
    ],
    [
      "a batch with a bad version of one operation",
      { operations: [{ key: "k", ifVersion: -1 }], isBatch: true },
      'Operation 0: "if_version"',
    ],
  ])("with %s is INVALID_ARGUMENT", (_name, change, detail) => {
    expect(checks.write({ ...put, ...change })).toMatchObject({
      ok: false,
      failure: { code: "INVALID_ARGUMENT", detail: expect.stringContaining(detail) },
    });
  });

  test("gives its version to the operations that have none of their own", () => {
    const operations = [
      { key: "a", value: "1" },
      { key: "b", ifVersion: 7 },
    ];
    expect(checks.write({ operations, isBatch: true, ifVersion: 3, quorum: 2 })).toEqual({
      ok: true,
      value: {
        operations: [
          { key: "a", value: "1", ifVersion: 3 },
          { key: "b", ifVersion: 7 },
        ],
        isBatch: true,
        quorum: 2,
        timeoutMs: undefined,
        trace: undefined,
      },
    });
  });
});

test("a read and a list may say how new the answer must be, in one of two words", () => {
  const read = { key: "k", minVersion: undefined };
  const list = { prefix: undefined, limit: undefined, after: undefined };
  for (const consistency of ["linearizable", "local", undefined]) {
    expect(checks.read({ ...read, consistency })).toMatchObject({ value: { consistency } });
    expect(checks.list({ ...list, consistency })).toMatchObject({ value: { consistency } });
  }
  const failure = {
    code: "INVALID_ARGUMENT",
    detail: '"consistency" must be linearizable or local.',
  };
  for (const consistency of ["", "Local", "strong"]) {
    expect(checks.read({ ...read, consistency })).toMatchObject({ failure });
    expect(checks.list({ ...list, consistency })).toMatchObject({ failure });
  }
});

test("a read needs a key, and a version that an entry can have", () => {
  expect(checks.read({ key: "k", minVersion: 3 }).ok).toBe(true);
  expect(checks.read({ key: "k", minVersion: Number.NaN })).toMatchObject({
    failure: { detail: expect.stringContaining('"min_version"') },
  });
  expect(checks.read({ key: "x".repeat(keyBytesMax + 1), minVersion: undefined })).toMatchObject({
    failure: { code: "TOO_LARGE" },
  });
});

test("a list has a limit, which a client may lower or raise within bounds", () => {
  const list = (limit: number | undefined) =>
    checks.list({ prefix: undefined, limit, after: undefined });
  expect(list(undefined)).toMatchObject({ value: { prefix: "", limit: 100 } });
  for (const bad of [0, listLimitMax + 1, 1.5]) {
    expect(list(bad)).toMatchObject({ failure: { code: "INVALID_ARGUMENT" } });
  }
});

test("a watch that starts nowhere names the field it came from", () => {
  const start = { prefix: undefined, after: Number.NaN, afterName: "Last-Event-ID" };
  expect(checks.watch(start)).toMatchObject({
    failure: { detail: expect.stringContaining('"Last-Event-ID"') },
  });
});
