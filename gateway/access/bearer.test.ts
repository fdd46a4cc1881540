import { expect, test } from "vitest";
import { bearerOf } from "./bearer.ts";

test.each([
  ["Bearer abc", "abc"],
  ["bearer abc", "abc"],
  ["BEARER   abc  ", "abc"],
  ["Bearer abc ", "abc"],
  ["Bearer ", ""],
  ["Bearer", ""],
  ["Bearer a b", ""],
  ["Bearerabc", ""],
  [" Bearer abc", ""],
  ["Basic abc", ""],
  ["", ""],
])("the token of %j is %j", (authorization, token) => {
  expect(bearerOf(authorization)).toBe(token);
});
