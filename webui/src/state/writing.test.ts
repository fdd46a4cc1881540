import { expect, test } from "vitest";
import { asCurl, jsonProblem, type WriteOrder } from "./writing.ts";

const bodyOf = (order: WriteOrder) => / -d '(.*)'$/.exec(asCurl(order, (address) => address))?.[1];

test("a body holds the value as it was typed, and only what was asked for", () => {
  const order = { action: "put", key: 'a "key"', value: '{"n": 1.50}', target: "" } as const;
  expect(bodyOf(order)).toBe('{"key":"a \\"key\\"","value":{"n": 1.50}}');
  expect(bodyOf({ ...order, ifVersion: 0, quorum: 5, timeoutMs: 10 })).toBe(
    '{"key":"a \\"key\\"","value":{"n": 1.50},"quorum":5,"timeoutMs":10,"ifVersion":0}',
  );
  expect(bodyOf({ action: "delete", key: "k", target: "" })).toBe('{"key":"k"}');
});

test("the curl of a write survives a shell", () => {
  const order = { action: "put", key: "it's", value: "1", target: "" } as const;
  expect(asCurl(order, (address) => `http://127.0.0.1:4567${address}`)).toBe(
    `curl -X PUT http://127.0.0.1:4567/write -H 'content-type: application/json' -d '{"key":"it'\\''s","value":1}'`,
  );
});

test("the check of JSON says what is wrong, and warns of nothing that is kept", () => {
  expect(jsonProblem("  ")).toContain("empty");
  expect(jsonProblem('{"a":')).toMatch(/JSON/);
  for (const json of ['{"a":1.50}', "[9007199254740993, 12]", "1e-400"]) {
    expect(jsonProblem(json)).toBeUndefined();
  }
});
