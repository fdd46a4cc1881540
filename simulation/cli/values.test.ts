import { expect, test } from "vitest";
import {
  parseFollowerDelay,
  parseKeys,
  parseList,
  parseQuorums,
  parseShare,
  quorumsText,
  wholeNumber,
} from "./values.ts";

test("quorums are ranges and lists, without repeats", () => {
  expect(parseQuorums("1-5")).toEqual([1, 2, 3, 4, 5]);
  expect(parseQuorums("5,1,0-2")).toEqual([5, 1, 0, 2]);
  for (const bad of ["", "a", "3-1", "1,,2", "-1", "1.5", "99"]) {
    expect(() => parseQuorums(bad)).toThrow(/Expected quorums such as/);
  }
  expect(quorumsText([1, 2, 3, 5])).toBe("1-3,5");
});

test("delays of single followers add up", () => {
  const first = parseFollowerDelay("follower1=0-50");
  expect(parseFollowerDelay("follower2=10-10,follower3=5-6", first)).toEqual({
    follower1: { minDelayMs: 0, maxDelayMs: 50 },
    follower2: { minDelayMs: 10, maxDelayMs: 10 },
    follower3: { minDelayMs: 5, maxDelayMs: 6 },
  });
  for (const bad of ["follower1", "follower1=9-3", "=1-2", "follower1=a-b"]) {
    expect(() => parseFollowerDelay(bad)).toThrow();
  }
});

test("numbers, keys, shares and lists name their range", () => {
  expect(() => wholeNumber(1, 10)("11")).toThrow("Expected a whole number from 1 to 10.");
  expect(parseKeys("unique")).toBe("unique");
  expect(parseKeys("12")).toBe(12);
  expect(parseShare("10%")).toBe(0.1);
  expect(() => parseShare("110")).toThrow();
  expect(parseList(["a", "b"])("b,a")).toEqual(["b", "a"]);
  expect(() => parseList(["a", "b"])("c")).toThrow("Expected one or more of a,b");
});
